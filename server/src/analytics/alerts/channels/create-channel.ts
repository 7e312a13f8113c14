import type { CreateChannelInput } from '../../../../../contract/alert-channel.ts'
import { Problem } from '../../../../../contract/problems.ts'
import { requireWholeFleet } from '../../../platform/auth/authenticate.ts'
import type { Answer } from '../../../platform/idempotency/once.ts'
import type { Scope } from '../../change.ts'
import { drawSecret } from '../deliver/sign-webhook.ts'
import { countChannels, insertChannel, lockChannels, toChannel } from '../store/channels.ts'

const channelsMost = 100

/** Makes a channel; the secret of a webhook is in this answer and nowhere else. Throws 403, 409 or 422. */
export const createChannel = async (
  scope: Scope,
  input: CreateChannelInput,
  { hasMail }: { hasMail: boolean },
): Promise<Answer> => {
  const { db } = scope
  requireWholeFleet(scope.actor, 'a channel for alerts')
  const { name, kind } = input
  if (kind === 'email' && !hasMail) {
    throw new Problem('mail_not_configured', {
      detail:
        'Set PARASOL_SMTP_URL and PARASOL_ALERT_FROM to a mail server and to who writes, and start again.',
    })
  }
  await lockChannels(db)
  if ((await countChannels(db)) >= channelsMost)
    throw new Problem('too_many_to_watch', { detail: `There are ${channelsMost} channels. Remove one.` })
  const secret = kind === 'webhook' ? drawSecret() : null
  const row = await insertChannel(db, name, kind, {
    ...input,
    receiver: kind === 'email' ? { to: [...new Set(input.to)] } : { url: input.url },
    secrets: secret === null ? [] : [{ secret, until: null }],
  })
  if (!row) {
    throw new Problem('alert_channel_exists', {
      detail: `There is a channel ${name}. Change it: PATCH /manage/v1/alerts/channels/${name}; or choose another name.`,
    })
  }
  const channel = toChannel(row)
  await scope.audit({
    action: 'alert-channel.create',
    appId: null,
    target: name,
    before: null,
    after: channel,
  })
  const location = `/manage/v1/alerts/channels/${name}`
  return { status: 201, headers: { location, etag: `"${channel.revision}"` }, body: { ...channel, secret } }
}
