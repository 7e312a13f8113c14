import type { LiveChannel } from '../../../../contract/app.ts'
import { type LiveChannelRow, listLiveChannels } from '../store/channels.ts'
import { findAppOrThrow, type Reader } from './find-app.ts'

/** What is live on each channel of an app, by channel. Throws 403 or 404. */
export const listChannels = async (reader: Reader, appId: string): Promise<{ items: LiveChannel[] }> => {
  await findAppOrThrow(reader, appId)
  return { items: (await listLiveChannels(reader.db, appId)).map(toLiveChannel) }
}

const toLiveChannel = (row: LiveChannelRow): LiveChannel => ({
  channel: row.channel,
  revision: row.revision,
  configVersion: row.version,
  baseVersion: row.base_version,
  candidate: candidateOf(row),
  releasedAt: row.released_at.toISOString(),
})

const candidateOf = (row: LiveChannelRow): LiveChannel['candidate'] => {
  const { candidate_revision: revision, candidate_version: configVersion, rollout_id: rolloutId } = row
  if (revision === null || configVersion === null || rolloutId === null) return null
  return { revision, configVersion, rolloutId, percent: Number(row.percent) }
}
