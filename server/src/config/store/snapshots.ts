import { type Kysely, sql } from 'kysely'
import type { Change } from '../../platform/changes/changes.ts'
import type { Tables } from '../../platform/database/tables.ts'
import type { Snapshot } from '../delivery/snapshot.ts'
import type { Document } from './versions.ts'

interface SnapshotRow {
  kind: 'app' | 'template'
  archived_at: Date | null
  app_revision: number
  revision: number | null
  released_at: Date | null
  shares_second: boolean
  document: Document | null
}

/** What is live for an app and channel; `absent` when there is nothing to serve, and why. */
export const findSnapshot = async (
  db: Kysely<Tables>,
  appId: string,
  channel: string,
): Promise<Snapshot | { state: 'absent'; why: 'unknown' | 'unreleased' }> => {
  // The document's app_id is compared with the parameter, not with the join: so the planner prunes to one partition.
  const { rows } = await sql<SnapshotRow>`
    select a.kind, a.archived_at, a.revision as app_revision, r.revision, r.released_at, c.document,
      coalesce(date_trunc('second', r.released_at) = date_trunc('second', p.released_at), false) as shares_second
    from apps a
    left join lateral (
      select revision, version, released_at from releases
      where app_id = ${appId} and channel = ${channel} order by revision desc limit 1
    ) r on true
    left join lateral (
      select released_at from releases
      where app_id = ${appId} and channel = ${channel} and revision < r.revision order by revision desc limit 1
    ) p on true
    left join configs c on c.app_id = ${appId} and c.version = r.version
    where a.app_id = ${appId}`.execute(db)
  const row = rows[0]
  if (!row || row.kind === 'template') return { state: 'absent', why: 'unknown' }
  const sequence = Math.max(row.app_revision, row.revision ?? 0)
  if (row.archived_at) return { sequence, state: 'archived', appId, channel }
  if (row.revision === null || !row.document || !row.released_at)
    return { state: 'absent', why: 'unreleased' }
  const { configVersion, minimumAppVersion, deprecationDate, data } = row.document
  return {
    sequence,
    state: 'released',
    appId,
    channel,
    revision: row.revision,
    releasedAt: row.released_at.toISOString(),
    sharesSecond: row.shares_second,
    config: { configVersion, minimumAppVersion, deprecationDate, data },
  }
}

/** What changed since a time of the database's own clock, and what that clock says now. */
export const listChangesSince = async (
  db: Kysely<Tables>,
  since: Date,
): Promise<{ changes: Change[]; now: Date }> => {
  const { rows: clock } = await sql<{ now: Date }>`select clock_timestamp() as now`.execute(db)
  const { rows } = await sql<{ app_id: string; channel: string; sequence: number }>`
    select r.app_id, r.channel, greatest(max(r.revision), max(a.revision)) as sequence
    from (select distinct app_id from configs where updated_at > ${since}) touched
    join apps a on a.app_id = touched.app_id
    join releases r on r.app_id = touched.app_id
    group by r.app_id, r.channel`.execute(db)
  const changes = rows.map((row) => ({ appId: row.app_id, channel: row.channel, sequence: row.sequence }))
  return { changes, now: clock[0]?.now ?? since }
}

/** The clock of the database, by which changes are dated. */
export const readClock = async (db: Kysely<Tables>): Promise<Date> => {
  const { rows } = await sql<{ now: Date }>`select clock_timestamp() as now`.execute(db)
  return rows[0]?.now ?? new Date(0)
}
