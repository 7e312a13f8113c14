import { type Kysely, type Selectable, sql, type UpdateObject } from 'kysely'
import type { Rollout, RolloutPlan } from '../../../../contract/rollout.ts'
import type { AppScope } from '../../platform/auth/authenticate.ts'
import { inScope } from '../../platform/database/in-scope.ts'
import type { RolloutsTable, Tables } from '../../platform/database/tables.ts'
import type { Due } from '../../platform/jobs/run-due.ts'

export type RolloutRow = Omit<Selectable<RolloutsTable>, 'plan'> & { plan: RolloutPlan }

/** Between two steps, and while it bakes, the guard is asked this often. */
const lookEverySeconds = 5

const rightNow = sql<Date>`clock_timestamp()`
const inSeconds = (seconds: number) => sql<Date>`clock_timestamp() + make_interval(secs => ${seconds})`
const nextLook = (seconds: number) => inSeconds(Math.min(seconds, lookEverySeconds))

export const toRollout = (row: RolloutRow): Rollout => ({
  rolloutId: row.rollout_id,
  state: row.state,
  plan: row.plan,
  percent: Number(row.percent),
  // A paused one keeps it in its row, to know what was left of the step.
  nextStepAt: row.state === 'paused' ? null : (row.next_step_at?.toISOString() ?? null),
  apps: row.apps,
  revision: row.revision,
  appId: row.app_id,
  channel: row.channel,
  reason: row.reason,
  actor: row.actor,
  startedAt: row.started_at.toISOString(),
  endedAt: row.ended_at?.toISOString() ?? null,
})

const toRow = (row: Selectable<RolloutsTable>): RolloutRow => ({ ...row, plan: row.plan as RolloutPlan })

/** A step, and when the next one follows; at 100 percent that is the end of the bake time. */
export interface Step {
  step: number
  percent: number
  nextStepInSeconds: number
  reason: string | null
}

const stepColumns = ({ step, percent, nextStepInSeconds, reason }: Step) => ({
  state: percent === 100 ? ('baking' as const) : ('running' as const),
  step,
  percent,
  next_step_at: inSeconds(nextStepInSeconds),
  next_look_at: nextLook(nextStepInSeconds),
  reason,
  updated_at: rightNow,
})

/** Opens a rollout that has taken its first step. */
export const insertRollout = async (
  db: Kysely<Tables>,
  plan: RolloutPlan,
  actor: string,
  first: Step,
): Promise<number> => {
  const row = await db
    .insertInto('rollouts')
    .values({ plan: JSON.stringify(plan), actor, ...stepColumns(first) })
    .returning('rollout_id')
    .executeTakeFirstOrThrow()
  return row.rollout_id
}

/** Notes what a rollout was started with and how many apps it reaches; as often as releases are made for it. */
export const noteReach = async (db: Kysely<Tables>, rolloutId: number): Promise<void> => {
  await sql`
    update rollouts set (app_id, channel, revision) = (
      select app_id, channel, revision from releases
      where rollout_id = ${rolloutId} and fleet_release_id is null order by revision limit 1
    ), apps = (
      select count(distinct r.app_id) from releases r join apps a on a.app_id = r.app_id
      where r.rollout_id = ${rolloutId} and a.kind = 'app'
    ) where rollout_id = ${rolloutId}`.execute(db)
}

export const findRollout = async (db: Kysely<Tables>, rolloutId: number): Promise<RolloutRow | undefined> => {
  const row = await db
    .selectFrom('rollouts')
    .selectAll()
    .where('rollout_id', '=', rolloutId)
    .executeTakeFirst()
  return row && toRow(row)
}

/** The rollout, with everybody else who would move it kept waiting until the transaction ends. */
export const lockRollout = async (db: Kysely<Tables>, rolloutId: number): Promise<RolloutRow | undefined> => {
  const row = await db
    .selectFrom('rollouts')
    .selectAll()
    .where('rollout_id', '=', rolloutId)
    .forUpdate()
    .executeTakeFirst()
  return row && toRow(row)
}

/** Rollouts that a job should look at, with who started them; the one that waits longest first. */
export const listDueRollouts = async (db: Kysely<Tables>, limit: number): Promise<Due[]> =>
  db
    .selectFrom('rollouts')
    .select(['rollout_id as id', 'actor'])
    .where('next_look_at', '<=', rightNow)
    .orderBy('next_look_at')
    .limit(limit)
    .execute()

/** A rollout to be looked at now, unless another node is at it; `stepDue`: it is time for more than a look. */
export const claimDueRollout = async (
  db: Kysely<Tables>,
  rolloutId: number,
): Promise<(RolloutRow & { stepDue: boolean }) | undefined> => {
  const row = await db
    .selectFrom('rollouts')
    .selectAll()
    .select(sql<boolean>`next_step_at <= clock_timestamp()`.as('stepDue'))
    .where('rollout_id', '=', rolloutId)
    .where('next_look_at', '<=', rightNow)
    .forUpdate()
    .skipLocked()
    .executeTakeFirst()
  return row && { ...toRow(row), stepDue: row.stepDue }
}

const update = async (
  db: Kysely<Tables>,
  rolloutId: number,
  columns: UpdateObject<Tables, 'rollouts'>,
): Promise<RolloutRow> =>
  toRow(
    await db
      .updateTable('rollouts')
      .set({ updated_at: rightNow, ...columns })
      .where('rollout_id', '=', rolloutId)
      .returningAll()
      .executeTakeFirstOrThrow(),
  )

export const saveStep = (db: Kysely<Tables>, rolloutId: number, step: Step): Promise<RolloutRow> =>
  update(db, rolloutId, stepColumns(step))

/** Nothing is to be done now: a job looks again in a moment. */
export const lookAgain = async (db: Kysely<Tables>, rolloutId: number): Promise<void> => {
  await db
    .updateTable('rollouts')
    // Exactly at the next step where that comes first, but not at once where it is overdue.
    .set({
      next_look_at: sql`case when next_step_at > clock_timestamp()
        then least(next_step_at, ${inSeconds(lookEverySeconds)}) else ${inSeconds(lookEverySeconds)} end`,
    })
    .where('rollout_id', '=', rolloutId)
    .execute()
}

/** Its step is overdue, for this reason; a job looks again in a moment. */
export const holdRollout = (db: Kysely<Tables>, rolloutId: number, reason: string): Promise<RolloutRow> =>
  update(db, rolloutId, { reason, next_look_at: inSeconds(lookEverySeconds) })

/** Has a job look at it at once: what held it may be gone. */
export const lookNow = (db: Kysely<Tables>, rolloutId: number): Promise<RolloutRow> =>
  update(db, rolloutId, { next_look_at: rightNow })

export const pauseRollout = (
  db: Kysely<Tables>,
  rolloutId: number,
  reason: string | null,
): Promise<RolloutRow> => update(db, rolloutId, { state: 'paused', reason, next_look_at: null })

/** Goes on with what was left of the step when it was paused, at `updated_at`. */
export const resumeRollout = (
  db: Kysely<Tables>,
  rolloutId: number,
  reason: string | null,
): Promise<RolloutRow> =>
  update(db, rolloutId, {
    state: 'running',
    reason,
    next_step_at: sql`clock_timestamp() + greatest(next_step_at - updated_at, interval '0')`,
    next_look_at: rightNow,
  })

export const endRollout = (
  db: Kysely<Tables>,
  rolloutId: number,
  state: 'completed' | 'aborted' | 'rolled_back',
  reason: string | null,
): Promise<RolloutRow> =>
  update(db, rolloutId, { state, reason, next_step_at: null, next_look_at: null, ended_at: rightNow })

/** Rollouts, newest first, of apps within the scope; those of one app where it is named. */
export const listRolloutRows = async (
  db: Kysely<Tables>,
  scope: AppScope,
  page: { before: number | null; limit: number; appId: string | undefined; open: boolean | undefined },
): Promise<RolloutRow[]> => {
  const rows = await db
    .selectFrom('rollouts')
    .selectAll()
    .where(reaches(scope, page.appId))
    .$if(page.before !== null, (query) => query.where('rollout_id', '<', page.before ?? 0))
    .$if(page.open !== undefined, (query) => query.where('ended_at', page.open ? 'is' : 'is not', null))
    .orderBy('rollout_id', 'desc')
    .limit(page.limit)
    .execute()
  return rows.map(toRow)
}

/** Whether a rollout brings anything to an app within the scope, or to the one that is named. */
const reaches = (scope: AppScope, appId: string | undefined) => {
  if (appId === undefined && scope.appIds === null && scope.labels === null) return sql<boolean>`true`
  return sql<boolean>`exists (
    select from releases r join apps a on a.app_id = r.app_id
    where r.rollout_id = rollouts.rollout_id and ${inScope(scope, 'a')}
      and (${appId ?? null}::text is null or r.app_id = ${appId ?? null}))`
}

/** Whether a rollout reaches an app within the scope. */
export const isRolloutInScope = async (
  db: Kysely<Tables>,
  rolloutId: number,
  scope: AppScope,
): Promise<boolean> => {
  const row = await db
    .selectFrom('rollouts')
    .select('rollout_id')
    .where('rollout_id', '=', rolloutId)
    .where(reaches(scope, undefined))
    .executeTakeFirst()
  return row !== undefined
}
