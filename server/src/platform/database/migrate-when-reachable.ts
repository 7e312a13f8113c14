import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../log/open-log.ts'
import { isStoreUnavailable } from './errors.ts'
import { migrate } from './migrate.ts'
import type { Database } from './open-database.ts'

export interface Migration {
  /** The schema did not exist before this start. */
  createdSchema: boolean
  close(): Promise<void>
}

const againAfterMs = 1_000

/**
 * Brings the schema up to date, now where the database answers, else as soon as it does: until then this process serves the
 * snapshots it has. Throws what cannot heal by waiting, such as a schema newer than this program.
 */
export const migrateWhenReachable = async (database: Database, log: Log): Promise<Migration> => {
  const stop = new AbortController()
  const attempt = async (): Promise<number | 'unreachable'> => {
    try {
      const { applied } = await migrate(database, (line) => log.info(line))
      return applied.length
    } catch (error) {
      if (!isStoreUnavailable(error)) throw error
      log.warn({ err: error }, 'the database does not answer yet; the schema is checked when it does')
      return 'unreachable'
    }
  }
  const first = await attempt()
  if (first !== 'unreachable')
    return { createdSchema: first > 0 && (await isNew(database)), close: async () => {} }

  const keepTrying = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      await sleep(againAfterMs, undefined, { signal: stop.signal }).catch(() => {})
      if (stop.signal.aborted || (await attempt()) !== 'unreachable') return
    }
  }
  // What waiting cannot heal, found only now: this program must not write into such a schema, so the process ends.
  const trying = keepTrying().catch((error) =>
    queueMicrotask(() => {
      throw error
    }),
  )
  return {
    createdSchema: false,
    close: async () => {
      stop.abort()
      await trying
    },
  }
}

/** A schema just made holds no app; one just upgraded may. */
const isNew = async ({ kysely }: Database): Promise<boolean> =>
  (await kysely.selectFrom('apps').select('app_id').limit(1).executeTakeFirst()) === undefined
