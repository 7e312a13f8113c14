import { type Kysely, sql } from 'kysely'
import type { Change } from '../../platform/changes/changes.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { type ReleaseInSnapshot, type Snapshot, snapshotKey } from '../delivery/snapshot.ts'
import { effectiveOf, type Layer } from '../effective.ts'
import { loadChains } from './chains.ts'
import type { Document } from './versions.ts'

export interface Absent {
  state: 'absent'
  why: 'unknown' | 'unreleased'
}

/** What is live on one channel, with the app's own document; the templates' are loaded where there are any. */
interface LiveRow {
  app_id: string
  channel: string
  kind: 'app' | 'template' | null
  archived_at: Date | null
  app_revision: number
  sequence: number | null
  percent: string | null
  rollout_id: number | null
  revision: number | null
  version: string | null
  base_revision: number | null
  released_at: Date | null
  shares_second: boolean | null
  document: Document | null
  candidate_revision: number | null
  candidate_released_at: Date | null
}

/** What is live for each of these apps and channels, by snapshotKey; `absent` where there is nothing to serve, and why. */
export const findSnapshots = async (
  db: Kysely<Tables>,
  asked: readonly { appId: string; channel: string }[],
): Promise<Map<string, Snapshot | Absent>> => {
  const { rows } = await sql<LiveRow>`
    select asked."appId" as app_id, asked.channel, a.kind, a.archived_at, a.revision as app_revision,
      c.sequence, o.percent, o.rollout_id, r.revision, r.version, r.base_revision, r.released_at, d.document,
      coalesce(date_trunc('second', r.released_at) = date_trunc('second', p.released_at), false) as shares_second,
      c.candidate_revision, n.released_at as candidate_released_at
    from jsonb_to_recordset(${JSON.stringify(asked)}::jsonb) as asked("appId" text, channel text)
    left join apps a on a.app_id = asked."appId"
    left join channels c on c.app_id = asked."appId" and c.channel = asked.channel
    left join releases r on r.revision = c.revision
    left join releases p on p.revision = r.previous_revision
    left join configs d on d.app_id = asked."appId" and d.version = r.version
    left join releases n on n.revision = c.candidate_revision
    left join rollouts o on o.rollout_id = c.rollout_id and c.candidate_revision is not null`.execute(db)
  // Only what stands on a template, or is being rolled out, needs more than its own document.
  const chains = await loadChains(
    db,
    rows.flatMap((row) => [
      ...(row.base_revision !== null && row.revision !== null ? [row.revision] : []),
      ...(row.candidate_revision !== null ? [row.candidate_revision] : []),
    ]),
  )
  return new Map(rows.map((row) => [snapshotKey(row.app_id, row.channel), snapshotOf(row, chains)]))
}

const snapshotOf = (row: LiveRow, chains: ReadonlyMap<number, readonly Layer[]>): Snapshot | Absent => {
  const { app_id: appId, channel } = row
  if (row.kind === null || row.kind === 'template') return { state: 'absent', why: 'unknown' }
  const sequence = Math.max(row.app_revision, row.sequence ?? 0)
  if (row.archived_at) return { sequence, state: 'archived', appId, channel }
  if (row.revision === null || !row.document || !row.version || !row.released_at) {
    return { state: 'absent', why: 'unreleased' }
  }
  const own: Layer = { appId, version: row.version, document: row.document }
  const live: ReleaseInSnapshot = {
    revision: row.revision,
    releasedAt: row.released_at.toISOString(),
    config: effectiveOf(chains.get(row.revision) ?? [own]),
  }
  const candidate = candidateOf(row, chains)
  return {
    sequence,
    state: 'released',
    appId,
    channel,
    ...live,
    sharesSecond: row.shares_second ?? false,
    ...(candidate && { candidate }),
  }
}

const candidateOf = (row: LiveRow, chains: ReadonlyMap<number, readonly Layer[]>) => {
  const layers = chains.get(row.candidate_revision ?? 0)
  if (!layers || row.candidate_revision === null || !row.candidate_released_at || !row.rollout_id)
    return undefined
  return {
    revision: row.candidate_revision,
    releasedAt: row.candidate_released_at.toISOString(),
    config: effectiveOf(layers),
    rolloutId: row.rollout_id,
    percent: Number(row.percent),
  }
}

/** What is live for one app and channel. */
export const findSnapshot = async (
  db: Kysely<Tables>,
  appId: string,
  channel: string,
): Promise<Snapshot | Absent> => {
  const found = await findSnapshots(db, [{ appId, channel }])
  return found.get(snapshotKey(appId, channel)) ?? { state: 'absent', why: 'unknown' }
}

/** What changed since a time of the database's own clock, and what that clock says now. */
export const listChangesSince = async (
  db: Kysely<Tables>,
  since: Date,
): Promise<{ changes: Change[]; now: Date }> => {
  const { rows: clock } = await sql<{ now: Date }>`select clock_timestamp() as now`.execute(db)
  const { rows } = await sql<{ app_id: string; channel: string; sequence: number }>`
    select c.app_id, c.channel, greatest(c.sequence, a.revision) as sequence
    from (select distinct app_id from configs where updated_at > ${since}) touched
    join apps a on a.app_id = touched.app_id
    join channels c on c.app_id = touched.app_id`.execute(db)
  const changes = rows.map((row) => ({ appId: row.app_id, channel: row.channel, sequence: row.sequence }))
  return { changes, now: clock[0]?.now ?? since }
}

/** The clock of the database, by which changes are dated. */
export const readClock = async (db: Kysely<Tables>): Promise<Date> => {
  const { rows } = await sql<{ now: Date }>`select clock_timestamp() as now`.execute(db)
  return rows[0]?.now ?? new Date(0)
}
