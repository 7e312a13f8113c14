import { Problem, problemOf } from '../../../../contract/problems.ts'
import type { ScheduleInput } from '../../../../contract/review.ts'
import { requireRole } from '../../platform/auth/authenticate.ts'
import type { Answer } from '../../platform/idempotency/once.ts'
import { findAppOrThrow, refuseArchived } from '../apps/find-app.ts'
import type { Scope } from '../change.ts'
import { findTarget } from '../releases/find-target.ts'
import { listHindrances } from '../releases/may-release.ts'
import { insertSchedule, toSchedule } from '../store/schedules.ts'
import { readClock } from '../store/snapshots.ts'

/**
 * Notes a release for a time. What would refuse it now is told now, but for a freeze, which may be over by then; all of it
 * is asked again when the time has come. Throws 403, 404, 409 or 422.
 */
export const scheduleRelease = async (
  scope: Scope,
  appId: string,
  { at, release }: ScheduleInput,
): Promise<Answer> => {
  const app = await findAppOrThrow(scope, appId)
  refuseArchived(app)
  const dueAt = new Date(at)
  if (dueAt <= (await readClock(scope.db))) {
    const detail = `${at} is past. Give a later time, or release at once: POST /manage/v1/apps/${appId}/releases.`
    throw problemOf([{ code: 'invalid_date', pointer: '/at', detail }])
  }
  await findTarget(scope.db, app, release)
  if (release.override) requireRole(scope.actor, 'admin', 'an override')
  else await refuseUnapproved(scope, appId)
  const row = await insertSchedule(scope.db, { appId, release, dueAt, actor: scope.actor.name })
  const schedule = toSchedule(row)
  await scope.audit({
    action: 'schedule.create',
    appId,
    target: String(schedule.scheduleId),
    before: null,
    after: schedule,
    reason: release.reason ?? null,
  })
  return { status: 201, headers: {}, body: schedule }
}

const refuseUnapproved = async ({ db }: Scope, appId: string): Promise<void> => {
  const hindrances = await listHindrances(db, [appId], { isApproved: false })
  const missing = hindrances.find(({ code }) => code === 'approval_required')
  if (missing) throw new Problem('approval_required', { detail: missing.detail })
}
