import { randomUUID } from 'node:crypto'
import { countsPath, type Shipment, shipmentMost } from '../../../../contract/shipment.ts'
import type { Peer } from '../../platform/peers/peer.ts'
import { within } from '../../platform/within.ts'
import type { Counted } from './counting.ts'
import { joinPacked, nothingPacked, type Packed, packCounts, requestsIn, takePacked } from './pack-counts.ts'

export interface ShipCountsOptions {
  counted: Counted
  analytics: Peer
  /** Told of what goes wrong, rarely. */
  warn: (what: string, error: unknown) => void
  everyMs?: number
  /** What may wait while the analytics service is away. */
  mostBytes?: number
  shipmentBytes?: number
  /** What shipping the rest may take. */
  closeMs?: number
}

export interface ShipCounts {
  /** Ships what is there at once: there is little room left. */
  hurry(): void
  /** Ships the rest, for three seconds at most. */
  close(): Promise<void>
}

const answerMs = 15_000
/** While the analytics service is away, minutes are counted to their end before they are made ready: that takes the least room. */
const restMs = 60_000

/** A shipment under way: it is sent, as it is, until it is answered. */
interface Sent {
  body: string
  requests: number
}

/**
 * Ships what was counted to the analytics service every few seconds. What a shipment brought counts once, however often it had to be
 * sent. A process that is killed loses what it counted since its last one.
 */
export const shipCounts = (options: ShipCountsOptions): ShipCounts => {
  const { counted, everyMs = 5_000, mostBytes = 16 * 1024 * 1024, closeMs = 3_000 } = options
  const waiting = nothingPacked()
  const outbox = createOutbox(options, waiting)
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | undefined
  let isClosed = false

  const fold = async (): Promise<void> => {
    const journal = counted.take()
    if (journal === undefined) return
    const packed = await packCounts(journal)
    counted.giveBack(journal)
    if (waiting.bytes + packed.bytes <= mostBytes) joinPacked(waiting, packed)
    else waiting.lost += requestsIn(packed)
  }
  const ship = async (): Promise<void> => {
    if (await outbox.send()) {
      await fold()
      await outbox.send()
      return
    }
    const { share, beganAt } = counted.size()
    if (share > 0.5 || Date.now() - beganAt > restMs) await fold()
  }
  const run = (): Promise<void> => {
    clearTimeout(timer)
    running ??= ship()
      .catch((error) => options.warn('what was counted could not be made ready', error))
      .finally(() => {
        running = undefined
        if (!isClosed) timer = setTimeout(run, everyMs).unref()
      })
    return running
  }
  timer = setTimeout(run, everyMs).unref()
  return {
    hurry: () => void setImmediate(() => !isClosed && void run()),
    async close() {
      isClosed = true
      clearTimeout(timer)
      const rest = Promise.resolve(running).then(async () => {
        await fold()
        await outbox.send()
      })
      await within(closeMs, 'shipping what was counted', rest).catch((error) =>
        options.warn('not all that was counted was shipped before the end', error),
      )
    },
  }
}

const createOutbox = (
  { analytics, warn, shipmentBytes = shipmentMost - 1024 }: ShipCountsOptions,
  waiting: Packed,
) => {
  const sender = randomUUID()
  let number = 0
  let sent: Sent | undefined

  const next = (): Sent | undefined => {
    if (waiting.tallies.length === 0 && waiting.uses.size === 0 && waiting.lost === 0) return undefined
    number += 1
    const { requests, counted } = takePacked(waiting, shipmentBytes)
    const shipment: Shipment = { sender, number, sentAt: new Date().toISOString(), ...counted }
    return { body: JSON.stringify(shipment), requests }
  }
  return {
    /** Whether all that waited is stored now. */
    async send(): Promise<boolean> {
      for (;;) {
        sent ??= next()
        if (sent === undefined) return true
        const answer = await post(analytics, sent.body, warn)
        if (answer === 'later') return false
        const { requests } = sent
        sent = undefined
        if (answer === 'stored') continue
        // The next, which tells of it, may be refused as well: not at once.
        waiting.lost += requests
        return false
      }
    },
  }
}

/** What it is answered with where it cannot be taken, now or ever. */
const refusals = new Set([400, 413, 415, 422])

const post = async (
  analytics: Peer,
  body: string,
  warn: ShipCountsOptions['warn'],
): Promise<'stored' | 'later' | 'never'> => {
  const headers = { 'content-type': 'application/json' }
  const request = new Request(`http://parasol.internal${countsPath}`, { method: 'POST', headers, body })
  try {
    const response = await within(answerMs, 'storing what was counted', Promise.resolve(analytics(request)))
    const text = await response.text()
    if (response.ok) return 'stored'
    // One of before, which does not count yet.
    if (response.status === 404) return 'later'
    const error = new Error(`The analytics service answered ${response.status}: ${text.slice(0, 200)}`)
    warn('what was counted was not taken', error)
    return refusals.has(response.status) ? 'never' : 'later'
  } catch (error) {
    warn('the analytics service does not answer; what is counted waits', error)
    return 'later'
  }
}
