import { type Kysely, sql } from 'kysely'
import type { Tables } from '../database/tables.ts'

/** A row of the audit log, as the end of all before it. The hash is hexadecimal; null before the first row. */
export interface ChainPlace {
  id: number
  hash: string | null
}

/** What rows after one place are like: how many there are, where they end, and the first of each thing wrong. */
export interface CheckedPage {
  rows: number
  last: ChainPlace
  /** Not the next number after the row before. */
  gapAt: number | null
  /** Its hash is not that of its content. */
  changedAt: number | null
  /** It does not carry the hash of the row before. */
  unlinkedAt: number | null
}

/** Rows hold documents: a page ends with the row that reaches one of these, so that a statement stays short. */
const mostRows = 2_000
const mostStoredBytes = 2 * 1024 * 1024

interface PageRow {
  rows: number
  last_id: number | null
  last_hash: string | null
  gap_at: number | null
  changed_at: number | null
  unlinked_at: number | null
}

/**
 * Recomputes the hashes of a page of the audit log after `place`. The formula of audit_log_hash is written out: whoever can
 * change the log can change a function beside it.
 */
export const checkPage = async (
  db: Kysely<Tables>,
  place: ChainPlace,
  upToId: number,
): Promise<CheckedPage> => {
  const { rows } = await sql<PageRow>`
    with candidates as (
      select id, coalesce(pg_column_size(before), 0) + coalesce(pg_column_size(after), 0) as bytes
      from audit_log where id > ${place.id}::bigint and id <= ${upToId}::bigint order by id limit ${mostRows}
    ), measured as (
      select id, sum(bytes) over (order by id) - bytes as bytes_before from candidates
    ), checked as (
      select e.id, e.hash, e.previous_hash,
        sha256(coalesce(e.previous_hash, ''::bytea) || convert_to(jsonb_build_array(
          e.id, extract(epoch from e.at)::text, e.actor, e.action, e.app_id, e.target,
          e.before::text, e.after::text, e.reason, e.request_id)::text, 'UTF8')) as right_hash,
        lag(e.id, 1, ${place.id}::bigint) over (order by e.id) as id_before,
        lag(e.hash, 1, decode(${place.hash}::text, 'hex')) over (order by e.id) as hash_before
      from audit_log e where e.id > ${place.id}::bigint
        and e.id <= (select max(id) from measured where bytes_before < ${mostStoredBytes})
    )
    select count(*)::int as rows, max(id) as last_id,
      encode((array_agg(hash order by id desc))[1], 'hex') as last_hash,
      min(id) filter (where id <> id_before + 1) as gap_at,
      min(id) filter (where hash <> right_hash) as changed_at,
      min(id) filter (where previous_hash is distinct from hash_before) as unlinked_at
    from checked`.execute(db)
  const [row] = rows
  if (!row || row.last_id === null) {
    return { rows: 0, last: place, gapAt: null, changedAt: null, unlinkedAt: null }
  }
  return {
    rows: row.rows,
    last: { id: row.last_id, hash: row.last_hash },
    gapAt: row.gap_at,
    changedAt: row.changed_at,
    unlinkedAt: row.unlinked_at,
  }
}
