import { Problem } from '../../../../../contract/problems.ts'
import { requireScope, requireWholeFleet } from '../../../platform/auth/authenticate.ts'
import type { Answer } from '../../../platform/idempotency/once.ts'
import type { Scope } from '../../change.ts'
import { lockSilence, lockSilences, endSilence as markEnded, toSilence } from '../store/silences.ts'

/** Ends a silence before its time. Throws 403, 404 or 409 (it is over). */
export const endSilence = async (scope: Scope, silenceId: number): Promise<Answer> => {
  const { db, actor } = scope
  const now = await lockSilences(db)
  const row = await lockSilence(db, silenceId)
  if (!row) {
    throw new Problem('alert_silence_not_found', {
      detail: `There is no silence ${silenceId}; GET /manage/v1/alerts/silences lists those there are.`,
    })
  }
  if (row.app_id === null) requireWholeFleet(actor, 'a silence about more than one app')
  else {
    const app = await db
      .selectFrom('apps')
      .select(['app_id', 'labels'])
      .where('app_id', '=', row.app_id)
      .executeTakeFirstOrThrow()
    requireScope(actor, app)
  }
  if (row.ended_at !== null || (row.ends_at !== null && row.ends_at <= now))
    throw new Problem('already_decided', { detail: `The silence ${silenceId} is over.` })
  const after = toSilence(await markEnded(db, silenceId, actor.name), now)
  await scope.audit({
    ...{ action: 'alert-silence.end', appId: row.app_id, target: String(silenceId) },
    ...{ before: toSilence(row, now), after },
  })
  return { status: 200, headers: {}, body: after }
}
