import type { Kysely } from 'kysely'
import { LRUCache } from 'lru-cache'
import type { Tables } from '../../platform/database/tables.ts'
import { within } from '../../platform/within.ts'
import type { TemplateDocuments } from '../store/documents.ts'
import { findPastRelease } from '../store/past-releases.ts'
import { limitLoads } from './limit-loads.ts'
import { type DeliveryRules, type PreparedRelease, prepareRelease } from './prepare.ts'

/**
 * A release that was live before this one on its channel, for pages that may read this one; null for one that never was, or cannot
 * be read now.
 */
export type ReadPast = (
  live: Pick<PreparedRelease, 'appId' | 'channel' | 'origins'>,
  revision: number,
) => Promise<PreparedRelease | null>

interface ReadPastOptions {
  db: Kysely<Tables>
  templates: TemplateDocuments
  rules: DeliveryRules
  maxBytes: number
  onError: (error: unknown) => void
}

const patienceMs = 1_500
const noneBytes = 500

/** What is known of a revision; as it was weighed last, because answers to those who ask come to take more. */
interface Known {
  past: PreparedRelease | null
  bytes: number
}

/** Twice, for the answer that is made next. */
const weighed = (past: PreparedRelease | null): Known => ({
  past,
  bytes: past ? past.weight.bytes * 2 : noneBytes,
})

/**
 * Keeps the past releases that were asked for last. Most reads of one are answered by caches for a year, so few come here:
 * they share two connections.
 */
export const createReadPast = ({ db, templates, rules, maxBytes, onError }: ReadPastOptions): ReadPast => {
  const places = limitLoads({ most: 2, waitingMost: 100, patienceMs })
  const load = async (name: string, allowedOrigins: readonly string[] | undefined): Promise<Known> => {
    const [appId = '', channel = '', revision = ''] = name.split(' ')
    const giveBack = await places.take()
    const finding = findPastRelease(db, { appId, channel, revision: Number(revision) }, templates)
    void finding.then(giveBack, giveBack)
    const snapshot = await within(patienceMs, 'the database', finding)
    const past = snapshot && { ...snapshot, ...(allowedOrigins && { allowedOrigins }) }
    return weighed(past ? prepareRelease(past, rules) : null)
  }
  const known = new LRUCache<string, Known, readonly string[] | undefined>({
    maxSize: maxBytes,
    sizeCalculation: ({ bytes }) => bytes,
    fetchMethod: (name, _, { context }) => load(name, context),
  })
  return async ({ appId, channel, origins }, revision) => {
    // What is live now is newer than what was asked for, so it is an answer too.
    const name = `${appId} ${channel} ${revision} ${origins?.tag ?? ''}`
    const found = await known.fetch(name, { context: origins?.list }).catch(onError)
    if (found?.past && found.past.weight.bytes > found.bytes) known.set(name, weighed(found.past))
    return found?.past ?? null
  }
}
