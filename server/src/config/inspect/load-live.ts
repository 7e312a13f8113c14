import type { Kysely } from 'kysely'
import { isInRollout } from '../../platform/buckets/is-in-rollout.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { listLiveChannels } from '../store/channels.ts'
import { findRelease } from '../store/releases.ts'
import { type Evaluable, evaluableOf } from './evaluate-layers.ts'
import { layersOfRelease } from './load-layers.ts'

/** A release that some devices get. */
export interface LiveRelease extends Evaluable {
  revision: number
  publishedAt: string | null
}

/** What is live on a channel. */
export interface Live {
  /** Where nothing is on the one that was asked for: stable. */
  channel: string
  stable: LiveRelease
  rollout: { rolloutId: number; percent: number; candidate: LiveRelease } | null
}

/** What is live on a channel of an app, or else on stable; undefined where nothing is on either. */
export const loadLive = async (
  db: Kysely<Tables>,
  appId: string,
  channel: string,
): Promise<Live | undefined> => {
  const rows = await listLiveChannels(db, appId)
  const row = rows.find((one) => one.channel === channel) ?? rows.find((one) => one.channel === 'stable')
  if (!row) return undefined
  const load = async (revision: number): Promise<LiveRelease> => {
    const release = await findRelease(db, appId, revision)
    const publishedAt = release?.released_at.toISOString() ?? null
    return { ...evaluableOf(await layersOfRelease(db, revision)), revision, publishedAt }
  }
  const { candidate_revision, rollout_id } = row
  const isGrowing = candidate_revision !== null && rollout_id !== null
  return {
    channel: row.channel,
    stable: await load(row.revision),
    rollout: isGrowing
      ? { rolloutId: rollout_id, percent: Number(row.percent), candidate: await load(candidate_revision) }
      : null,
  }
}

/** Whether a device gets what is being rolled out. Without a bucket it is outside of every rollout, as those of /v1 are. */
export const isIncluded = ({ rollout }: Live, bucket: number | undefined): boolean =>
  rollout !== null && bucket !== undefined && isInRollout(rollout.rolloutId, bucket, rollout.percent)
