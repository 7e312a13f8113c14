import type { AlertChannel } from '../../../../../contract/alert-channel.ts'
import { Problem } from '../../../../../contract/problems.ts'
import { requireWholeFleet } from '../../../platform/auth/authenticate.ts'
import type { Reader } from '../../change.ts'
import { findChannel, toChannel } from '../store/channels.ts'

export const noSuchChannel = (name: string): Problem =>
  new Problem('alert_channel_not_found', {
    detail: `There is no channel ${name}; GET /manage/v1/alerts/channels lists those there are.`,
  })

/** A channel. Throws 403 or 404. */
export const readChannel = async ({ db, actor }: Reader, name: string): Promise<AlertChannel> => {
  requireWholeFleet(actor, 'a channel for alerts')
  const row = await findChannel(db, name)
  if (!row) throw noSuchChannel(name)
  return toChannel(row)
}
