import type { Redis } from '../redis/redis.ts'
import { writeMessages, writeNotices } from './change-message.ts'
import type { Changes } from './changes.ts'
import { hearMessages, openListeners } from './listeners.ts'

/** Small enough that a slow subscriber's buffer in Redis holds hundreds. */
const maxMessageBytes = 32_000

/** The feed over Redis pub/sub, which knows no logical databases: the channel's name tells them apart. */
export const redisChanges = (redis: Redis, { onError }: { onError: (error: unknown) => void }): Changes => {
  const feed = `parasol:changes:${redis.database}`
  const listeners = openListeners(onError)
  const unsubscribe = redis.subscribe(feed, {
    message: hearMessages(feed, listeners, onError),
    live: () => listeners.resumed(),
    lost: () => listeners.lost(),
  })
  const send = async (messages: string[]): Promise<void> => {
    await Promise.all(messages.map((message) => redis.publish(feed, message)))
  }
  return {
    announce: (changes) => send(writeMessages(changes, maxMessageBytes)),
    notify: (notice) => send(writeNotices(notice, maxMessageBytes)),
    subscribe: (listener) => listeners.add(listener),
    close: async () => {
      listeners.clear()
      unsubscribe()
    },
  }
}
