import { Problem } from '../../../../../contract/problems.ts'
import { requireWholeFleet } from '../../../platform/auth/authenticate.ts'
import { checkIfMatch } from '../../../platform/http/if-match.ts'
import type { Answer } from '../../../platform/idempotency/once.ts'
import type { Scope } from '../../change.ts'
import { deleteChannel, lockChannel, toChannel } from '../store/channels.ts'
import { findRuleNaming } from '../store/rules.ts'
import { noSuchChannel } from './read-channel.ts'

/** Removes a channel, with what waits to be sent there. Throws 403, 404, 409, 412 or 428. */
export const removeChannel = async (
  scope: Scope,
  name: string,
  ifMatch: string | undefined,
): Promise<Answer> => {
  requireWholeFleet(scope.actor, 'a channel for alerts')
  const row = await lockChannel(scope.db, name)
  if (!row) throw noSuchChannel(name)
  checkIfMatch(ifMatch, row.revision, { required: scope.requiresIfMatch })
  const rule = await findRuleNaming(scope.db, name)
  if (rule !== undefined) {
    throw new Problem('alert_channel_in_use', {
      detail: `The rule ${rule} and perhaps others tell it. Change them first, or switch the channel off: PATCH /manage/v1/alerts/channels/${name} {"isEnabled": false}.`,
    })
  }
  await deleteChannel(scope.db, name)
  const before = toChannel(row)
  await scope.audit({ action: 'alert-channel.remove', appId: null, target: name, before, after: null })
  return { status: 200, headers: {}, body: before }
}
