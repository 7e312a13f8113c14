import { type Kysely, sql } from 'kysely'
import type { Tables } from '../../platform/database/tables.ts'
import { textArray } from '../../platform/database/text-array.ts'

/** A release that was replaced for all devices of its channel, and when (ms since 1970). */
export interface Replaced {
  appId: string
  revision: number
  replacedAt: number
}

export const isRevision = (value: string): boolean => /^\d{1,15}$/.test(value)

/** Of these revisions those that a later one has replaced for all: at once, or when its rollout had reached all. */
export const findReplaced = async (db: Kysely<Tables>, revisions: readonly string[]): Promise<Replaced[]> => {
  const asked = [...new Set(revisions)].filter(isRevision)
  if (asked.length === 0) return []
  const { rows } = await sql<{ app_id: string; revision: number; replaced_at: Date }>`
    select r.app_id, r.revision, n.replaced_at
    from unnest(${textArray(asked)}) asked(revision)
    cross join lateral (select * from releases where revision = asked.revision::bigint limit 1) r
    cross join lateral (
      select coalesce(o.ended_at, o.updated_at, l.released_at) as replaced_at
      from releases l left join rollouts o on o.rollout_id = l.rollout_id
      where l.app_id = r.app_id and l.channel = r.channel and l.revision > r.revision
        and (l.rollout_id is null or o.state in ('baking', 'completed'))
      order by l.revision limit 1
    ) n`.execute(db)
  return rows.map((row) => ({
    appId: row.app_id,
    revision: row.revision,
    replacedAt: row.replaced_at.getTime(),
  }))
}
