import { createHash } from 'node:crypto'
import type { Kysely } from 'kysely'
import type { Tables } from '../../platform/database/tables.ts'
import type { Log } from '../../platform/log/open-log.ts'
import {
  endTurn,
  keepTurn,
  listDuePurges,
  notePurged,
  noteRefused,
  type PurgeRow,
  takeTurn,
} from '../store/purges.ts'
import type { Cdn } from './cdn.ts'
import { sendPurge } from './send-purge.ts'

export interface PurgeOptions {
  db: Kysely<Tables>
  log: Log
  /** From the first time that a change is purged to the second: by then each node has it, also one that no message reached. */
  repeatAfterSeconds: number
  closing: AbortSignal
}

const listedAtOnce = 200
const [restLeastMs, restMostMs] = [1_000, 300_000]

/** Doubled with each failure in a row; by chance up to half less, so that not all who wait come back together. */
const backoffMs = (failures: number): number =>
  Math.min(restMostMs, restLeastMs * 2 ** Math.min(failures, 20)) * (1 - Math.random() / 2)

/** As many of these as one request takes, the first ones; where one is of everything, that does for all. */
export const fitOne = (due: readonly PurgeRow[], { tagsMost, bytesMost }: Cdn) => {
  if (due.some(({ tags }) => tags === null)) return { purges: due, tags: 'everything' as const }
  const tags = new Set<string>()
  const purges: PurgeRow[] = []
  let bytes = 0
  for (const purge of due) {
    const fresh = purge.tags?.filter((tag) => !tags.has(tag)) ?? []
    bytes += fresh.reduce((sum, tag) => sum + tag.length + 1, 0)
    const fits = tags.size + fresh.length <= tagsMost && bytes <= (bytesMost ?? bytes)
    if (purges.length > 0 && !fits) break
    for (const tag of fresh) tags.add(tag)
    purges.push(purge)
  }
  return { purges, tags: [...tags] }
}

/**
 * The same for the same purges in the same round, whichever node asks. Their ids alone do not tell: a database made anew counts from
 * 1 again, and CloudFront takes what it has done before for done.
 */
const referenceOf = (purges: readonly PurgeRow[]): string =>
  createHash('sha256')
    .update(JSON.stringify(purges.map(({ purge_id, state, created_at }) => [purge_id, state, created_at])))
    .digest('hex')
    .slice(0, 32)

/**
 * Asks a CDN to forget what is due, request after request, until nothing is left or it refuses; one node at a time does so.
 * What it will not take just so is asked purge by purge, so that one that is wrong keeps nothing from the others. Every other
 * request is for the smallest, so that a change of one app does not wait behind one of the whole fleet, nor that behind many.
 */
export const purgeCdn = async (options: PurgeOptions, cdn: Cdn): Promise<void> => {
  const { db, closing } = options
  for (let requests = 0; !closing.aborted; requests += 1) {
    const turn = await takeTurn(db, cdn.name)
    if (!turn) return
    // With the failures: a CDN that takes one request at a time is not asked for the same each time.
    const first = (requests + turn.failures) % 2 === 0 ? 'oldest' : 'smallest'
    const due = await listDuePurges(db, cdn.name, { first, limit: listedAtOnce })
    if (due.length === 0) return endTurn(db, cdn.name)
    const { purges, tags } = fitOne(due, cdn)
    const next = await ask(options, cdn, { purges, tags, failures: turn.failures })
    if (next === 'rest') return
    await endTurn(db, cdn.name)
  }
}

interface Asked {
  purges: readonly PurgeRow[]
  tags: readonly string[] | 'everything'
  failures: number
}

/** rest: the CDN is left alone for a while; go on: it may be asked for more now, if this process still runs. */
const ask = async (options: PurgeOptions, cdn: Cdn, asked: Asked): Promise<'go on' | 'rest'> => {
  const { db, log, repeatAfterSeconds, closing } = options
  const { purges, tags, failures } = asked
  const outcome = await sendPurge(cdn, { tags, reference: referenceOf(purges) }, closing)
  const about = { cdn: cdn.name, purges: purges.map(({ purge_id: id }) => id) }
  if (outcome.verdict === 'done') {
    await notePurged(db, cdn.name, purges, repeatAfterSeconds)
    log.info({ ...about, tags: tags === 'everything' ? tags : tags.length }, 'a CDN was purged')
    return 'go on'
  }
  // Broken off by our own end: no fault of the CDN, and another node asks at once.
  if (closing.aborted) return 'go on'
  const forGood = outcome.verdict === 'never'
  if (forGood && purges.length > 1) return askOneByOne(options, cdn, asked)
  const { kind, error, restMs } = outcome
  const waitMs = forGood ? undefined : Math.max(restMs, backoffMs(failures))
  const failed = await noteRefused(db, cdn.name, purges, { kind, error, waitMs })
  const line = { ...about, error, ...(waitMs !== undefined && { waitMs: Math.round(waitMs) }) }
  if (failed.length > 0)
    log.error({ ...line, purges: failed }, 'a CDN was not purged, and is not asked again')
  if (waitMs !== undefined) log.warn(line, 'a CDN was not purged; it is asked again')
  return forGood ? 'go on' : 'rest'
}

const askOneByOne = async (options: PurgeOptions, cdn: Cdn, { purges, failures }: Asked) => {
  for (const purge of purges) {
    if (options.closing.aborted) break
    await keepTurn(options.db, cdn.name)
    const tags = purge.tags ?? 'everything'
    if ((await ask(options, cdn, { purges: [purge], tags, failures })) === 'rest') return 'rest'
  }
  return 'go on'
}
