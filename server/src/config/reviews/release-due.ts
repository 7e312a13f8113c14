import { Problem } from '../../../../contract/problems.ts'
import type { ReleaseMade } from '../../../../contract/release.ts'
import { requireRole } from '../../platform/auth/authenticate.ts'
import type { Scope } from '../change.ts'
import { releaseApp } from '../releases/publish-release.ts'
import { claimDueSchedule, endSchedule, type ScheduleRow, toSchedule } from '../store/schedules.ts'
import { unlessRefused } from '../unless-refused.ts'
import { findScheduler } from './find-scheduler.ts'

/**
 * Makes a scheduled release whose time has come, as whoever scheduled it, with what they may do today. What is refused has
 * failed, with the reason; any other error leaves it due. Does nothing when another node is at it, or has done it.
 */
export const releaseDue = async (scope: Scope, scheduleId: number): Promise<void> => {
  const schedule = await claimDueSchedule(scope.db, scheduleId)
  if (!schedule) return
  const { result, refusal } = await unlessRefused(scope, (attempt) => releaseAs(attempt, schedule))
  const after = await endSchedule(
    scope.db,
    scheduleId,
    refusal
      ? { state: 'failed', failure: { code: refusal.code, detail: refusal.message } }
      : { state: 'released', revision: result.revision },
  )
  await scope.audit({
    action: refusal ? 'schedule.fail' : 'schedule.release',
    appId: schedule.app_id,
    target: String(scheduleId),
    before: toSchedule(schedule),
    after: toSchedule(after),
    reason: refusal ? refusal.message : (schedule.release.reason ?? null),
  })
}

const releaseAs = async (scope: Scope, schedule: ScheduleRow): Promise<ReleaseMade> => {
  const actor = await findScheduler(scope.db, schedule.actor, schedule.created_at)
  if (!actor) {
    throw new Problem('forbidden', {
      detail: `The key of ${schedule.actor}, who scheduled this, has been revoked or has expired.`,
    })
  }
  requireRole(actor, 'publisher', 'a release')
  const permission = { ifMatch: undefined, isApproved: false }
  return releaseApp({ ...scope, actor }, schedule.app_id, schedule.release, permission)
}
