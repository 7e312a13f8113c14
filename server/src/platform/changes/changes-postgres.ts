import { type QueryExecutorProvider, sql } from 'kysely'
import { within } from '../within.ts'
import { readMessage, writeMessages } from './change-message.ts'
import type { Changes } from './changes.ts'
import { keepListening } from './keep-listening.ts'
import { openListeners } from './listeners.ts'

const feed = 'parasol_changes'
/** PostgreSQL refuses payloads of 8000 bytes and more. */
const maxMessageBytes = 7900

/**
 * The feed over LISTEN/NOTIFY, for nodes without Redis. `url` is for the connection that listens, straight to PostgreSQL:
 * a pooler in transaction mode would lose the LISTEN. `kysely` sends.
 */
export const postgresChanges = (options: {
  url: string
  kysely: QueryExecutorProvider
  timeoutMs: number
  checkEveryMs?: number
  onError: (error: unknown) => void
}): Changes => {
  const { url, kysely, timeoutMs, checkEveryMs = 5000, onError } = options
  const listeners = openListeners(onError)
  const listening = keepListening({
    url,
    channel: feed,
    timeoutMs,
    checkEveryMs,
    message: (text) => {
      const changes = readMessage(text)
      if (changes === null)
        onError(new Error(`Ignored a malformed message on ${feed}: ${text.slice(0, 100)}`))
      else listeners.changed(changes)
    },
    live: () => listeners.resumed(),
    lost: onError,
  })
  return {
    announce: async (changes) => {
      const messages = writeMessages(changes, maxMessageBytes)
      if (messages.length === 0) return
      const notify = sql`select pg_notify(${feed}, message) from unnest(${messages}::text[]) as message`
      await within(timeoutMs, 'NOTIFY', notify.execute(kysely))
    },
    subscribe: (listener) => listeners.add(listener),
    close: async () => {
      listeners.clear()
      await listening.close()
    },
  }
}
