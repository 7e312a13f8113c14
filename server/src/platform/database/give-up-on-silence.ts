import type pg from 'pg'
import { endsConnection, isSilence } from './errors.ts'

type Ask = (...question: unknown[]) => unknown

const isRollback = (question: unknown[]): boolean => question[0] === 'rollback'

/** What the server would have said: the end of a connection is the end of its transaction. */
const rolledBack = { command: 'ROLLBACK', rowCount: 0, oid: 0, fields: [], rows: [] }

/**
 * Keeps connections out of a pool that are silent past `query_timeout` (pg would let the next question wait behind the
 * open one), that the server is ending, or whose server became read-only. A `rollback` on one that is gone succeeds, so
 * that callers of a transaction see why it failed.
 */
export const giveUpOnSilence = (pool: pg.Pool): void => {
  const ending = new WeakSet<pg.Client>()
  pool.on('connect', (client) => {
    const ask: Ask = client.query.bind(client)
    let gone = false
    client.on('error', () => {
      gone = true
    })
    const heard = (error: unknown): void => {
      if (endsConnection(error)) ending.add(client)
      if (!isSilence(error)) return
      gone = true
      // With its question still open, `end` cuts the connection instead of waiting for a goodbye.
      client.end().catch(() => {})
    }
    const guarded: Ask = (...question) => {
      const answer = ask(...question)
      if (!(answer instanceof Promise)) return answer
      answer.catch(heard)
      if (!isRollback(question)) return answer
      return answer.catch((error) => {
        if (gone) return rolledBack
        throw error
      })
    }
    client.query = guarded as typeof client.query
  })
  pool.on('release', (_error, client) => {
    if (ending.has(client)) client.end().catch(() => {})
  })
}
