import { randomUUID } from 'node:crypto'
import type { Kysely } from 'kysely'
import type { Shipment } from '../../../../contract/shipment.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { addLatency } from '../../platform/tally/latencies.ts'
import { countIn, createTally, type Tally } from '../../platform/tally/tally.ts'
import { writeTally } from '../../platform/tally/write-tally.ts'
import { foldShipments } from './fold-shipments.ts'
import type { KeepDays } from './fold-turn.ts'
import { type Level, startOf, tableOf } from './levels.ts'
import { makeDue } from './make-due.ts'
import { makeParts } from './make-parts.ts'
import { makeSpans } from './make-spans.ts'
import { saveShipment } from './save-shipment.ts'

export const keep: KeepDays = { minute: 5, hour: 90, day: 400 }

/** One config request, as far as it matters. */
export interface Asked {
  bucket?: number
  platform?: string
  country?: string
  appVersion?: string
  revision?: string
  held?: string
  status?: string
  cache?: string
  ms?: number
}

/** Counted as a gateway counts. */
export const tallyOf = (asked: readonly Asked[]): Tally => {
  const tally = createTally()
  for (const one of asked) {
    const { bucket, status = '2xx', cache = 'hit', ms = 1, revision, held = 'none' } = one
    const { platform = 'ios', country = 'DE', appVersion = '1.0.0' } = one
    tally.requests += 1
    addLatency(tally.latencies, ms)
    for (const [facet, value] of Object.entries({
      api: 'v2',
      channel: 'stable',
      kind: 'read',
      status,
      cache,
    })) {
      countIn(tally, facet, value)
    }
    const told = { platform, country, appVersion, held, ...(revision !== undefined && { revision }) }
    for (const [facet, value] of Object.entries(told)) countIn(tally, facet, value, { bucket })
  }
  return tally
}

export interface Shipped {
  appId: string
  /** ms since 1970 */
  at: number
  tally: Tally
}

export const shipmentOf = (shipped: readonly Shipped[], more: Partial<Shipment> = {}): Shipment => ({
  ...{ sender: randomUUID(), number: 1, sentAt: new Date().toISOString(), uses: [], lost: 0 },
  tallies: shipped.map(({ appId, at, tally }) => ({
    appId,
    minute: new Date(startOf('minute', at)).toISOString(),
    tally: Buffer.from(writeTally(tally)).toString('base64'),
  })),
  ...more,
})

export const ship = (db: Kysely<Tables>, shipped: readonly Shipped[], more?: Partial<Shipment>) =>
  saveShipment(db, shipmentOf(shipped, more))

const throwIt = (error: unknown): never => {
  throw error
}

/** Folds all that is in the inbox. */
export const foldAll = async (db: Kysely<Tables>, keepDays = keep): Promise<void> => {
  while ((await foldShipments({ db, keep: keepDays, onError: throwIt })) !== 0);
}

/** Makes all hours and days that are due. */
export const makeAll = async (db: Kysely<Tables>, keepDays = keep): Promise<void> => {
  while ((await makeDue({ db, keep: keepDays }, 'hour')) !== 0);
  while ((await makeParts({ db, keep: keepDays })) !== 0);
  while ((await makeSpans({ db, keep: keepDays })) !== 0);
  while ((await makeDue({ db, keep: keepDays }, 'day')) !== 0);
}

/** Beginning and requests of what is kept of a scope. */
export const listRows = async (db: Kysely<Tables>, level: Level, scope: string) => {
  const rows = await db
    .selectFrom(tableOf(level))
    .select(['at', 'requests', 'devices'])
    .where('scope', '=', scope)
    .orderBy('at')
    .execute()
  return rows.map((row): [number, number, number] => [row.at.getTime(), row.requests, row.devices])
}

export const sumOf = async (db: Kysely<Tables>, level: Level, scope: string): Promise<number> =>
  (await listRows(db, level, scope)).reduce((sum, [, requests]) => sum + requests, 0)

const created = new WeakMap<Kysely<Tables>, number>()

/**
 * An app of the same id in each run: above apps devices are told apart by 16,384 registers, and by a random id two of a few may
 * share one.
 */
export const createApp = async (db: Kysely<Tables>, template: string | null = null): Promise<string> => {
  const number = (created.get(db) ?? 0) + 1
  created.set(db, number)
  const appId = `app.${number}`
  await db.insertInto('apps').values({ app_id: appId, name: appId, extends: template }).execute()
  return appId
}
