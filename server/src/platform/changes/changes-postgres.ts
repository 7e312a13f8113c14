import { type QueryExecutorProvider, sql } from 'kysely'
import { within } from '../within.ts'
import { writeMessages, writeNotices } from './change-message.ts'
import type { Changes } from './changes.ts'
import { keepListening } from './keep-listening.ts'
import { hearMessages, openListeners } from './listeners.ts'

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
    message: hearMessages(feed, listeners, onError),
    live: () => listeners.resumed(),
    lost: (error) => {
      listeners.lost()
      onError(error)
    },
  })
  const send = async (messages: string[]): Promise<void> => {
    if (messages.length === 0) return
    const notify = sql`select pg_notify(${feed}, message) from unnest(${messages}::text[]) as message`
    await within(timeoutMs, 'NOTIFY', notify.execute(kysely))
  }
  return {
    announce: (changes) => send(writeMessages(changes, maxMessageBytes)),
    notify: (notice) => send(writeNotices(notice, maxMessageBytes)),
    subscribe: (listener) => listeners.add(listener),
    close: async () => {
      listeners.clear()
      await listening.close()
    },
  }
}
