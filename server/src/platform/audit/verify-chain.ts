import { type Kysely, sql } from 'kysely'
import type { AuditCheck } from '../../../../contract/audit.ts'
import type { Tables } from '../database/tables.ts'
import { type ChainPlace, type CheckedPage, checkPage } from './check-page.ts'

interface Options {
  /** The head that an earlier check gave, kept where nobody could change it. */
  since?: ChainPlace | undefined
  /** Where the part checked just before ended. */
  after?: ChainPlace | undefined
  /** No page is begun after this; what is left goes into `next`. */
  budgetMs: number
}

/** Something that does not fit, and the id of the row where it shows. */
interface Flaw {
  at: number
  detail: string
}

const start: ChainPlace = { id: 0, hash: null }

/**
 * Recomputes the chain of the audit log page by page: changed, removed, inserted and reordered rows are found where they
 * are, rows missing at the end by the head kept beside the log. A chain rewritten as a whole, hashes and head too, is found
 * by `since` only.
 */
export const verifyChain = async (
  db: Kysely<Tables>,
  { since, after, budgetMs }: Options,
): Promise<AuditCheck> => {
  const { head, lastId } = await readEnds(db)
  const moved = after && (await changedSince(db, after))
  if (moved) return report(0, start, { flaw: moved })
  const deadline = performance.now() + budgetMs
  let place = after ?? start
  let rows = 0
  while (place.id < lastId) {
    if (rows > 0 && performance.now() >= deadline) return report(rows, place, { isPartial: true })
    const page = await checkPage(db, place, lastId)
    const flaw = flawOf(page)
    if (flaw) return report(rows, place, { flaw })
    // They were there when this began.
    if (page.rows === 0) return report(rows, place, { flaw: missing(place.id + 1, lastId) })
    place = page.last
    rows += page.rows
  }
  const flaw = flawAtEnd(place, head) ?? (since && (await changedSince(db, since)))
  return report(rows, place, { flaw, since })
}

/** Both ends in one statement, so that no row can come between. */
const readEnds = async (db: Kysely<Tables>): Promise<{ head: ChainPlace | undefined; lastId: number }> => {
  const { rows } = await sql<{ last_id: number; head_id: number | null; head_hash: string | null }>`
    select coalesce((select max(id) from audit_log), 0) as last_id, h.id as head_id, encode(h.hash, 'hex') as head_hash
    from (select 1) one left join audit_head h on true`.execute(db)
  const row = rows[0]
  const head = row && row.head_id !== null ? { id: row.head_id, hash: row.head_hash } : undefined
  return { head, lastId: row?.last_id ?? 0 }
}

const missing = (from: number, to: number): Flaw => ({
  at: from,
  detail: from === to ? `Row ${from} is missing.` : `Rows ${from} to ${to} are missing.`,
})

/** The first flaw of a page, told by what caused it. */
const flawOf = ({ gapAt, changedAt, unlinkedAt }: CheckedPage): Flaw | undefined => {
  const places = [gapAt, changedAt, unlinkedAt].filter((id) => id !== null)
  if (places.length === 0) return undefined
  const at = Math.min(...places)
  if (at === gapAt) return { at, detail: `Rows before ${at} are missing, or it was moved here.` }
  if (at === changedAt) return { at, detail: `Row ${at} was changed: its hash is not that of its content.` }
  return {
    at,
    detail: `Row ${at} does not follow the row before it: that one was changed, moved or replaced.`,
  }
}

const flawAtEnd = (last: ChainPlace, head: ChainPlace | undefined): Flaw | undefined => {
  if (!head) return { at: last.id, detail: 'audit_head, which says where the log ends, is empty.' }
  if (head.id > last.id) return missing(last.id + 1, head.id)
  if (head.id < last.id) {
    return { at: head.id + 1, detail: `The log ended at row ${head.id}; what follows was inserted past it.` }
  }
  if (head.hash === last.hash) return undefined
  return { at: head.id, detail: `Row ${head.id} is not the row that the log ended with.` }
}

/** Whether the row at a place seen earlier is gone, or another one now. */
const changedSince = async (db: Kysely<Tables>, place: ChainPlace): Promise<Flaw | undefined> => {
  const row = await db.selectFrom('audit_log').select('hash').where('id', '=', place.id).executeTakeFirst()
  if (!row) return { at: place.id, detail: `Row ${place.id} was there at the check before, and is missing.` }
  if (Buffer.from(row.hash).toString('hex') === place.hash) return undefined
  const detail = `Row ${place.id} had another hash at the check before: it, or rows before it, were rewritten.`
  return { at: place.id, detail }
}

interface Found {
  flaw?: Flaw | undefined
  isPartial?: boolean
  since?: ChainPlace | undefined
}

const report = (rows: number, { id, hash }: ChainPlace, found: Found): AuditCheck => ({
  intact: found.flaw === undefined,
  rows,
  brokenAt: found.flaw?.at ?? null,
  detail: found.flaw?.detail ?? inWords(id, found),
  head: hash === null ? null : { id, hash },
  next: found.isPartial ? `${id}:${hash}` : null,
})

const inWords = (id: number, { isPartial, since }: Found): string => {
  if (isPartial) return `The log is whole up to row ${id}; ask on with after for the rest.`
  if (id === 0) return 'The log is empty.'
  const proven = since ? `, and row ${since.id} is the one of the check before` : ''
  return `The log is whole: every row up to ${id} fits${proven}.`
}
