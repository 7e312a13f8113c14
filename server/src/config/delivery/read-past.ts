import type { Kysely } from 'kysely'
import { LRUCache } from 'lru-cache'
import type { Tables } from '../../platform/database/tables.ts'
import { within } from '../../platform/within.ts'
import type { TemplateDocuments } from '../store/documents.ts'
import { findPastRelease } from '../store/past-releases.ts'
import { limitLoads } from './limit-loads.ts'
import { type DeliveryRules, type PreparedRelease, prepareRelease } from './prepare.ts'

/** A release that was live on a channel and no longer is; null for one that never was, or cannot be read now. */
export type ReadPast = (appId: string, channel: string, revision: number) => Promise<PreparedRelease | null>

interface ReadPastOptions {
  db: Kysely<Tables>
  templates: TemplateDocuments
  rules: DeliveryRules
  maxBytes: number
  onError: (error: unknown) => void
}

const patienceMs = 1_500
const none = Symbol('none')

/**
 * Keeps the past releases that were asked for last. Most reads of one are answered by caches for a year, so few come here:
 * they share two connections.
 */
export const createReadPast = ({ db, templates, rules, maxBytes, onError }: ReadPastOptions): ReadPast => {
  const places = limitLoads({ most: 2, waitingMost: 100, patienceMs })
  const load = async (name: string): Promise<PreparedRelease | typeof none> => {
    const [appId = '', channel = '', revision = ''] = name.split(' ')
    const giveBack = await places.take()
    const finding = findPastRelease(db, { appId, channel, revision: Number(revision) }, templates)
    void finding.then(giveBack, giveBack)
    const snapshot = await within(patienceMs, 'the database', finding)
    return snapshot ? prepareRelease(snapshot, rules) : none
  }
  const known = new LRUCache<string, PreparedRelease | typeof none>({
    maxSize: maxBytes,
    sizeCalculation: (past) => (past === none ? 500 : past.weight.bytes * 2),
    fetchMethod: load,
  })
  return async (appId, channel, revision) => {
    // What is live now is newer than what was asked for, so it is an answer too.
    const past = await known.fetch(`${appId} ${channel} ${revision}`).catch(onError)
    return !past || past === none ? null : past
  }
}
