import type { ChangeChannelInput } from '../../../../../contract/alert-channel.ts'
import { problemOf } from '../../../../../contract/problems.ts'
import { requireWholeFleet } from '../../../platform/auth/authenticate.ts'
import { checkIfMatch } from '../../../platform/http/if-match.ts'
import type { Answer } from '../../../platform/idempotency/once.ts'
import type { Scope } from '../../change.ts'
import { type ChannelRow, fieldsOf, lockChannel, toChannel, updateChannel } from '../store/channels.ts'
import { noSuchChannel } from './read-channel.ts'

/** Changes a channel. Throws 403, 404, 412, 422 or 428. */
export const changeChannel = async (
  scope: Scope,
  name: string,
  input: ChangeChannelInput,
  ifMatch: string | undefined,
): Promise<Answer> => {
  requireWholeFleet(scope.actor, 'a channel for alerts')
  const row = await lockChannel(scope.db, name)
  if (!row) throw noSuchChannel(name)
  checkIfMatch(ifMatch, row.revision, { required: scope.requiresIfMatch })
  refuseForeign(row, input)
  const before = fieldsOf(row)
  const next = {
    receiver: { ...before.receiver, ...(input.url && { url: input.url }), ...(input.to && { to: input.to }) },
    secrets: before.secrets,
    isDefault: input.isDefault ?? before.isDefault,
    leastSeverity: input.leastSeverity ?? before.leastSeverity,
    isEnabled: input.isEnabled ?? before.isEnabled,
    note: input.note === undefined ? before.note : input.note,
  }
  const channel = toChannel(await updateChannel(scope.db, name, next))
  await scope.audit({
    ...{ action: 'alert-channel.change', appId: null, target: name },
    ...{ before: toChannel(row), after: channel },
  })
  return { status: 200, headers: { etag: `"${channel.revision}"` }, body: channel }
}

/** Mail has addresses and no URL; the others have it the other way round. */
const refuseForeign = ({ kind }: ChannelRow, input: ChangeChannelInput): void => {
  const foreign = kind === 'email' ? 'url' : 'to'
  if (input[foreign] === undefined) return
  const detail =
    kind === 'email' ? 'mail has addresses; change them with to' : `${kind} has a URL; change it with url`
  throw problemOf([{ code: 'invalid_field', pointer: `/${foreign}`, detail }])
}
