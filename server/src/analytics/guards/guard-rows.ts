import { type Kysely, type Selectable, sql } from 'kysely'
import type { Guard, GuardEstimate } from '../../../../contract/guard.ts'
import type { GuardsTable } from '../../platform/database/analytics-tables.ts'
import type { Tables } from '../../platform/database/tables.ts'
import type { Due } from '../../platform/jobs/run-due.ts'

/** Between two looks at a rollout. */
const lookEverySeconds = 5

/** What a guard has decided, and by what. */
export interface Verdict {
  decision: 'go' | 'hold' | 'rollback'
  reason: string
  findings: { estimate?: GuardEstimate; value?: number | null }
  /** What it has learned; undefined where it learns nothing. */
  state?: unknown
}

/** What a rollout was last told by a guard. */
export type Told = Pick<Verdict, 'decision' | 'reason'>

/** A rollout as its guards see it. */
export interface WatchedRollout {
  rolloutId: number
  percent: number
  appId: string | null
  revision: number | null
  guards: Guard[]
  startedAt: Date
  /** Of its step, since it was due; 0 before, and while it is paused. */
  waitedSeconds: number
  hasEnded: boolean
}

/** Gives each guard of a rollout that has begun a row. */
export const makeGuardRows = async (db: Kysely<Tables>): Promise<void> => {
  await sql`
    insert into guards (rollout_id, name)
    select r.rollout_id, g->>'name' from rollouts r cross join jsonb_array_elements(r.plan->'guards') g
    where r.ended_at is null and r.plan ? 'guards'
    on conflict do nothing`.execute(db)
}

/** Rollouts whose guards are to look now. */
export const listDueGuards = async (db: Kysely<Tables>, limit: number): Promise<Due[]> => {
  const { rows } = await sql<Due>`
    select rollout_id as id, '' as actor from guards where next_look_at <= clock_timestamp()
    group by rollout_id order by min(next_look_at) limit ${limit}`.execute(db)
  return rows
}

/** Takes the look that is due, so that no other node does; undefined where there is none any more. */
export const claimLook = async (
  db: Kysely<Tables>,
  rolloutId: number,
): Promise<WatchedRollout | undefined> => {
  const { numUpdatedRows } = await db
    .updateTable('guards')
    .set({ next_look_at: sql`clock_timestamp() + make_interval(secs => ${lookEverySeconds})` })
    .where('rollout_id', '=', rolloutId)
    .where('next_look_at', '<=', sql<Date>`clock_timestamp()`)
    .executeTakeFirst()
  return numUpdatedRows > 0n ? findWatched(db, rolloutId) : undefined
}

/** The rollout as it stands now. */
export const findWatched = async (
  db: Kysely<Tables>,
  rolloutId: number,
): Promise<WatchedRollout | undefined> => {
  const row = await db
    .selectFrom('rollouts')
    .selectAll()
    .select(
      sql<number>`greatest(0, extract(epoch from clock_timestamp() - next_step_at))::float8`.as('waited'),
    )
    .where('rollout_id', '=', rolloutId)
    .executeTakeFirst()
  if (row === undefined) return undefined
  return {
    rolloutId,
    percent: Number(row.percent),
    appId: row.app_id,
    revision: row.revision,
    guards: (row.plan as { guards?: Guard[] }).guards ?? [],
    startedAt: row.started_at,
    waitedSeconds: row.state === 'paused' ? 0 : (row.waited ?? 0),
    hasEnded: row.ended_at !== null,
  }
}

/** What a guard has learned, with everybody else who would add to it kept waiting. */
export const lockGuard = async (
  transaction: Kysely<Tables>,
  rolloutId: number,
  name: string,
): Promise<Selectable<GuardsTable> | undefined> =>
  transaction
    .selectFrom('guards')
    .selectAll()
    .where('rollout_id', '=', rolloutId)
    .where('name', '=', name)
    .forUpdate()
    .executeTakeFirst()

export const saveVerdict = async (
  transaction: Kysely<Tables>,
  rolloutId: number,
  name: string,
  { decision, reason, findings, state }: Verdict,
): Promise<void> => {
  await transaction
    .updateTable('guards')
    .set({
      ...{ decision, reason, looked_at: sql`clock_timestamp()` },
      findings: JSON.stringify(findings),
      ...(state !== undefined && { state: JSON.stringify(state) }),
    })
    .where('rollout_id', '=', rolloutId)
    .where('name', '=', name)
    .execute()
}

/** Notes that a rollout has been told what a guard says. */
export const noteTold = async (
  db: Kysely<Tables>,
  rolloutId: number,
  name: string,
  { decision, reason }: Told,
): Promise<void> => {
  await db
    .updateTable('guards')
    .set({ told: JSON.stringify({ decision, reason }), told_at: sql`clock_timestamp()` })
    .where('rollout_id', '=', rolloutId)
    .where('name', '=', name)
    .execute()
}

/** Nobody looks any more; what was found stays to be read. */
export const endGuards = async (db: Kysely<Tables>, rolloutId: number): Promise<void> => {
  await db
    .updateTable('guards')
    .set({ next_look_at: null, state: null })
    .where('rollout_id', '=', rolloutId)
    .execute()
}

/** Has its guards look again at once: there is more to learn. */
export const lookAtOnce = async (db: Kysely<Tables>, rolloutId: number): Promise<void> => {
  await db
    .updateTable('guards')
    .set({ next_look_at: sql`clock_timestamp()` })
    .where('rollout_id', '=', rolloutId)
    .where('next_look_at', 'is not', null)
    .execute()
}

/** The guards of a rollout that have a row, by name. */
export const listGuards = (db: Kysely<Tables>, rolloutId: number): Promise<Selectable<GuardsTable>[]> =>
  db.selectFrom('guards').selectAll().where('rollout_id', '=', rolloutId).execute()
