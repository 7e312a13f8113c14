import { type Kysely, sql } from 'kysely'
import type { Tables } from '../../platform/database/tables.ts'
import type { ReleasedSnapshot } from '../delivery/snapshot.ts'
import { effectiveOf } from '../effective.ts'
import { loadChains } from './chains.ts'
import type { TemplateDocuments } from './documents.ts'

interface PastRow {
  released_at: Date
  poll_seconds: number | null
}

/**
 * A release that was live on this channel before another one, as it was; undefined for one that never was live there, such as
 * the candidate of a rollout that was taken back.
 */
export const findPastRelease = async (
  db: Kysely<Tables>,
  { appId, channel, revision }: { appId: string; channel: string; revision: number },
  templates: TemplateDocuments,
): Promise<ReleasedSnapshot | undefined> => {
  const { rows } = await sql<PastRow>`
    select r.released_at, a.poll_seconds from releases r join apps a on a.app_id = r.app_id
    where r.revision = ${revision} and r.app_id = ${appId} and r.channel = ${channel} and exists (
      select from releases n where n.app_id = ${appId} and n.channel = ${channel} and n.previous_revision = ${revision}
    )`.execute(db)
  const [row] = rows
  const layers = row && (await loadChains(db, [revision], { templates })).get(revision)
  if (!row || !layers) return undefined
  return {
    ...{ sequence: revision, state: 'released', appId, channel, revision, sharesSecond: false },
    releasedAt: row.released_at.toISOString(),
    pollSeconds: row.poll_seconds,
    config: effectiveOf(layers),
  }
}
