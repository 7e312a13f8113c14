import { type Kysely, type Selectable, sql } from 'kysely'
import type { PublishReleaseInput } from '../../../../contract/release.ts'
import type { Schedule } from '../../../../contract/review.ts'
import type { AppScope } from '../../platform/auth/authenticate.ts'
import { inScope } from '../../platform/database/in-scope.ts'
import type { SchedulesTable, Tables } from '../../platform/database/tables.ts'
import type { Due } from '../../platform/jobs/run-due.ts'

export type ScheduleRow = Omit<Selectable<SchedulesTable>, 'release'> & { release: PublishReleaseInput }

const rightNow = sql<Date>`clock_timestamp()`

const toRow = (row: Selectable<SchedulesTable>): ScheduleRow => ({
  ...row,
  release: row.release as PublishReleaseInput,
})

export const toSchedule = (row: ScheduleRow): Schedule => ({
  scheduleId: row.schedule_id,
  appId: row.app_id,
  at: row.due_at.toISOString(),
  release: row.release,
  state: row.state,
  revision: row.revision,
  failure: row.failure as Schedule['failure'],
  actor: row.actor,
  createdAt: row.created_at.toISOString(),
  endedAt: row.ended_at?.toISOString() ?? null,
  endedBy: row.ended_by,
})

export const insertSchedule = async (
  db: Kysely<Tables>,
  schedule: { appId: string; release: PublishReleaseInput; dueAt: Date; actor: string },
): Promise<ScheduleRow> =>
  toRow(
    await db
      .insertInto('schedules')
      .values({
        app_id: schedule.appId,
        release: JSON.stringify(schedule.release),
        due_at: schedule.dueAt,
        actor: schedule.actor,
      })
      .returningAll()
      .executeTakeFirstOrThrow(),
  )

/** Releases that are due, with who scheduled them; the oldest first. */
export const listDueSchedules = (db: Kysely<Tables>, limit: number): Promise<Due[]> =>
  db
    .selectFrom('schedules')
    .select(['schedule_id as id', 'actor'])
    .where('state', '=', 'pending')
    .where('due_at', '<=', rightNow)
    .orderBy('due_at')
    .limit(limit)
    .execute()

/** A release that is still due, unless another node is at it. */
export const claimDueSchedule = async (
  db: Kysely<Tables>,
  scheduleId: number,
): Promise<ScheduleRow | undefined> => {
  const row = await db
    .selectFrom('schedules')
    .selectAll()
    .where('schedule_id', '=', scheduleId)
    .where('state', '=', 'pending')
    .where('due_at', '<=', rightNow)
    .forUpdate()
    .skipLocked()
    .executeTakeFirst()
  return row && toRow(row)
}

/** The schedule, with everybody else who would end it kept waiting until the transaction ends. */
export const lockSchedule = async (
  db: Kysely<Tables>,
  scheduleId: number,
): Promise<ScheduleRow | undefined> => {
  const row = await db
    .selectFrom('schedules')
    .selectAll()
    .where('schedule_id', '=', scheduleId)
    .forUpdate()
    .executeTakeFirst()
  return row && toRow(row)
}

type End =
  | { state: 'released'; revision: number }
  | { state: 'failed'; failure: { code: string; detail: string } }
  | { state: 'cancelled'; endedBy: string }

export const endSchedule = async (db: Kysely<Tables>, scheduleId: number, end: End): Promise<ScheduleRow> =>
  toRow(
    await db
      .updateTable('schedules')
      .set({
        state: end.state,
        ended_at: rightNow,
        ...(end.state === 'released' && { revision: end.revision }),
        ...(end.state === 'failed' && { failure: JSON.stringify(end.failure) }),
        ...(end.state === 'cancelled' && { ended_by: end.endedBy }),
      })
      .where('schedule_id', '=', scheduleId)
      .returningAll()
      .executeTakeFirstOrThrow(),
  )

/** Scheduled releases, newest first, of apps within the scope. */
export const listScheduleRows = async (
  db: Kysely<Tables>,
  scope: AppScope,
  page: {
    before: number | null
    limit: number
    appId: string | undefined
    state: Schedule['state'] | undefined
  },
): Promise<ScheduleRow[]> => {
  const rows = await db
    .selectFrom('schedules')
    .innerJoin('apps', 'apps.app_id', 'schedules.app_id')
    .selectAll('schedules')
    .where(inScope(scope))
    .$if(page.before !== null, (query) => query.where('schedule_id', '<', page.before ?? 0))
    .$if(page.appId !== undefined, (query) => query.where('schedules.app_id', '=', page.appId ?? ''))
    .$if(page.state !== undefined, (query) => query.where('state', '=', page.state ?? 'pending'))
    .orderBy('schedule_id', 'desc')
    .limit(page.limit)
    .execute()
  return rows.map(toRow)
}
