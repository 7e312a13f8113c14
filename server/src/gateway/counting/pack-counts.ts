import { setImmediate } from 'node:timers/promises'
import type { Shipment, ShippedTally, Usage } from '../../../../contract/shipment.ts'
import { writeTally } from '../../platform/tally/write-tally.ts'
import { type Folded, foldJournal } from './fold-journal.ts'
import type { Journal } from './journal.ts'

/** What waits to be shipped. */
export interface Packed {
  tallies: { shipped: ShippedTally; requests: number }[]
  /** One for each day, app, key and class. */
  uses: Map<string, Usage>
  /** What it takes as JSON. */
  bytes: number
  /** Requests that are in none. */
  lost: number
}

export const nothingPacked = (): Packed => ({ tallies: [], uses: new Map(), bytes: 0, lost: 0 })

/** What goes into one shipment. */
interface Part {
  requests: number
  counted: Pick<Shipment, 'tallies' | 'uses' | 'lost'>
}

/** Requests wait for no longer than this while counts are made ready. */
const turnMs = 2

/** As JSON, with what stands around it. */
const bytesOfTally = ({ appId, tally }: ShippedTally): number => appId.length + tally.length + 80
const bytesOfUsage = ({ appId, keyId, routeClass }: Usage): number =>
  (appId?.length ?? 0) + (keyId?.length ?? 0) + routeClass.length + 180

/** Folds a journal and packs what comes of it, a little at a time. */
export const packCounts = async (journal: Journal): Promise<Packed> => {
  const packed = nothingPacked()
  packed.lost = journal.lost
  let turnEnds = performance.now() + turnMs
  for (const folded of foldJournal(journal)) {
    add(packed, folded)
    if (performance.now() < turnEnds) continue
    await setImmediate()
    turnEnds = performance.now() + turnMs
  }
  return packed
}

const add = (packed: Packed, { appId, minute, tally, uses }: Folded): void => {
  if (tally !== undefined) {
    const { buffer, byteLength } = writeTally(tally)
    const text = Buffer.from(buffer, 0, byteLength).toString('base64')
    const shipped = { appId, minute: new Date(minute).toISOString(), tally: text }
    packed.tallies.push({ shipped, requests: tally.requests })
    packed.bytes += bytesOfTally(shipped)
  }
  for (const use of uses) addUsage(packed, use)
}

const addUsage = (packed: Packed, use: Usage): void => {
  const name = `${use.day} ${use.appId} ${use.keyId} ${use.routeClass}`
  const before = packed.uses.get(name)
  if (before === undefined) {
    packed.uses.set(name, use)
    packed.bytes += bytesOfUsage(use)
    return
  }
  before.requests += use.requests
  before.refused += use.refused
  if (use.lastAt > before.lastAt) before.lastAt = use.lastAt
}

/** Adds what was packed later. */
export const joinPacked = (into: Packed, from: Packed): void => {
  for (const tally of from.tallies) into.tallies.push(tally)
  into.bytes += from.bytes
  into.lost += from.lost
  for (const use of from.uses.values()) addUsage(into, { ...use })
}

/** All requests that are in it or that it lost: what is lost when it is dropped. */
export const requestsIn = ({ tallies, lost }: Packed): number =>
  tallies.reduce((sum, { requests }) => sum + requests, lost)

/** Takes as much off what waits as fits into one shipment; `requests` is what is lost where that is not taken. */
export const takePacked = (waiting: Packed, mostBytes: number): Part => {
  let bytes = 0
  const fits = (more: number): boolean => {
    bytes += more
    return bytes <= mostBytes
  }
  let tallies = 0
  for (const { shipped } of waiting.tallies) {
    if (!fits(bytesOfTally(shipped))) break
    tallies += 1
  }
  const uses: Usage[] = []
  for (const [name, use] of waiting.uses) {
    if (!fits(bytesOfUsage(use))) break
    uses.push(use)
    waiting.uses.delete(name)
  }
  waiting.bytes = Math.max(0, waiting.bytes - bytes)
  const part = { ...nothingPacked(), tallies: waiting.tallies.splice(0, tallies), lost: waiting.lost }
  waiting.lost = 0
  const shipped = part.tallies.map((one) => one.shipped)
  return { requests: requestsIn(part), counted: { tallies: shipped, uses, lost: part.lost } }
}
