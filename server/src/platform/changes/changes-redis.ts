import type { Redis } from '../redis/redis.ts'
import { readMessage, writeMessages } from './change-message.ts'
import type { Changes } from './changes.ts'
import { openListeners } from './listeners.ts'

/** Small enough that a slow subscriber's buffer in Redis holds hundreds. */
const maxMessageBytes = 32_000

/** The feed over Redis pub/sub, which knows no logical databases: the channel's name tells them apart. */
export const redisChanges = (redis: Redis, { onError }: { onError: (error: unknown) => void }): Changes => {
  const feed = `parasol:changes:${redis.database}`
  const listeners = openListeners(onError)
  const unsubscribe = redis.subscribe(feed, {
    message: (text) => {
      const changes = readMessage(text)
      if (changes === null)
        onError(new Error(`Ignored a malformed message on ${feed}: ${text.slice(0, 100)}`))
      else listeners.changed(changes)
    },
    live: () => listeners.resumed(),
  })
  return {
    announce: async (changes) => {
      const messages = writeMessages(changes, maxMessageBytes)
      await Promise.all(messages.map((message) => redis.publish(feed, message)))
    },
    subscribe: (listener) => listeners.add(listener),
    close: async () => {
      listeners.clear()
      unsubscribe()
    },
  }
}
