import type { Previewed, PreviewInput } from '../../../../contract/config.ts'
import { Problem } from '../../../../contract/problems.ts'
import { findAppOrThrow, type Reader } from '../apps/find-app.ts'
import { effectiveOf, type Layer } from '../effective.ts'
import { isInRollout } from '../rollouts/is-in-rollout.ts'
import { type LiveChannelRow, listLiveChannels } from '../store/channels.ts'
import { findRelease } from '../store/releases.ts'
import { layersOfRelease, layersOfVersion, named, notReleased } from './load-layers.ts'

/**
 * What a device with this context would get, and why: of what is live on the channel (on stable, where nothing is there), or
 * of a version as it would go live there now. Throws 403, 404, 409 (template_not_released) or 410 (archived).
 */
export const previewConfig = async (
  reader: Reader,
  appId: string,
  { context, channel, configVersion }: PreviewInput,
): Promise<Previewed> => {
  const app = await findAppOrThrow(reader, appId)
  if (app.archived_at) {
    throw new Problem('config_gone', { detail: `${appId} is archived: its devices get 410 and no config.` })
  }
  if (configVersion !== undefined) {
    const layers = await layersOfVersion(reader.db, app, channel, configVersion)
    return describe({ appId, channel, revision: null, publishedAt: null, varies: [] }, layers, null)
  }
  const live = await listLiveChannels(reader.db, appId)
  const row = live.find((one) => one.channel === channel) ?? live.find((one) => one.channel === 'stable')
  if (!row) throw notReleased(appId, channel)
  const rollout = rolloutOf(row, context.bucket)
  const revision = rollout?.included ? (row.candidate_revision ?? row.revision) : row.revision
  const release = await findRelease(reader.db, appId, revision)
  const publishedAt = release?.released_at.toISOString() ?? null
  const varies = rollout ? ['bucket'] : []
  const layers = await layersOfRelease(reader.db, revision)
  return describe({ appId, channel: row.channel, revision, publishedAt, varies }, layers, rollout)
}

/** Without a bucket a device is outside of every rollout, as those of /v1 are. */
const rolloutOf = (row: LiveChannelRow, bucket: number | undefined): Previewed['why']['rollout'] => {
  if (row.candidate_revision === null || row.rollout_id === null) return null
  const [rolloutId, percent] = [row.rollout_id, Number(row.percent)]
  return { rolloutId, percent, included: bucket !== undefined && isInRollout(rolloutId, bucket, percent) }
}

type Told = Pick<Previewed['config'], 'appId' | 'channel' | 'revision' | 'publishedAt' | 'varies'>

/** In the order of fields that a device gets. */
const describe = (
  { appId, channel, revision, publishedAt, varies }: Told,
  layers: readonly Layer[],
  rollout: Previewed['why']['rollout'],
): Previewed => {
  const { data, overrides: _, flags: __, attributes: ___, ...said } = effectiveOf(layers)
  const config = { appId, channel, revision, ...said, publishedAt, varies, data }
  return { config, why: { layers: named(layers), rollout } }
}
