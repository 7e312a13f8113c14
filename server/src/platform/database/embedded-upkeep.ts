import type { PGlite } from '@electric-sql/pglite'
import type { Turns } from './turns.ts'

/** A log of this size is replayed in a moment after a crash. */
const maxLogBytes = 32 * 1024 * 1024

interface Work {
  statement: string
}

/** The rule of autovacuum with its default settings. */
const findWork = `
  select 'checkpoint' as statement from pg_control_checkpoint()
    where pg_wal_lsn_diff(pg_current_wal_lsn(), redo_lsn) > ${maxLogBytes}
  union all
  select format('vacuum (analyze) %I.%I', schemaname, relname) from pg_stat_user_tables
    where n_dead_tup > 50 + 0.2 * n_live_tup or n_mod_since_analyze > 50 + 0.1 * n_live_tup`

/**
 * Does once what the background processes of a real server do, which the embedded one lacks: it writes checkpoints (or
 * the log would grow, and with it the start after a crash), vacuums and analyzes. Returns the statements it ran.
 */
export const runUpkeep = async (pglite: PGlite, turns: Turns): Promise<string[]> => {
  const inTurn = async <Row>(statement: string): Promise<Row[]> => {
    const endTurn = await turns.take()
    try {
      return (await pglite.query<Row>(statement)).rows
    } finally {
      endTurn()
    }
  }
  // Counts of the last second are still unwritten, and stay so while nobody asks anything.
  await inTurn('select pg_stat_force_next_flush()')
  const statements = (await inTurn<Work>(findWork)).map((work) => work.statement)
  // One at a time: every statement holds the whole process, and requests come in between.
  for (const statement of statements) await inTurn(statement)
  return statements
}

/** Runs the upkeep every `everyMs`; `close` waits for the one under way. */
export const keepUp = (options: {
  pglite: PGlite
  turns: Turns
  everyMs: number
  onError: (error: unknown) => void
}): { close(): Promise<void> } => {
  const { pglite, turns, everyMs, onError } = options
  let running: Promise<unknown> = Promise.resolve()
  const timer = setInterval(() => {
    running = running.then(() => runUpkeep(pglite, turns)).catch(onError)
  }, everyMs)
  timer.unref()
  return {
    close: async () => {
      clearInterval(timer)
      await running
    },
  }
}
