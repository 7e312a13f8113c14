import { Problem } from '../../../../contract/problems.ts'
import type { Answer } from '../../platform/idempotency/once.ts'
import { findAppOrThrow } from '../apps/find-app.ts'
import type { Scope } from '../change.ts'
import { endSchedule, lockSchedule, toSchedule } from '../store/schedules.ts'

/** Cancels a scheduled release. Throws 403, 404, or 409 when it was released, has failed or was cancelled already. */
export const cancelSchedule = async (scope: Scope, scheduleId: number): Promise<Answer> => {
  const row = await lockSchedule(scope.db, scheduleId)
  if (!row) {
    throw new Problem('schedule_not_found', {
      detail: `There is no scheduled release ${scheduleId}; GET /manage/v1/schedules lists those there are.`,
    })
  }
  await findAppOrThrow(scope, row.app_id)
  if (row.state !== 'pending') {
    throw new Problem('already_decided', {
      detail: `The scheduled release ${scheduleId} is ${row.state}: only one that is pending can be cancelled.`,
    })
  }
  const end = { state: 'cancelled', endedBy: scope.actor.name } as const
  const after = toSchedule(await endSchedule(scope.db, scheduleId, end))
  await scope.audit({
    action: 'schedule.cancel',
    appId: row.app_id,
    target: String(scheduleId),
    before: toSchedule(row),
    after,
  })
  return { status: 200, headers: {}, body: after }
}
