import { randomUUID } from 'node:crypto'
import type { Kysely } from 'kysely'
import type { Tables } from '../../platform/database/tables.ts'
import { logRarely } from '../../platform/log/log-rarely.ts'
import type { Log } from '../../platform/log/open-log.ts'
import type { Peer } from '../../platform/peers/peer.ts'
import { deliverWhenDue } from './deliver/deliver-when-due.ts'
import { sendMessage } from './deliver/send-message.ts'
import { evaluateDue } from './evaluate-due.ts'
import type { Downs, Turned } from './evaluate-rule.ts'
import type { Measure } from './measure.ts'
import type { Telling } from './open-alerts.ts'
import { readSnapshot, type Snapshot } from './read-snapshot.ts'
import { forgetOldAlerts } from './store/alerts.ts'
import { forgetOldDeliveries } from './store/deliveries.ts'
import { forgetNode, noteNode } from './store/nodes.ts'
import { watchDowns } from './watch-downs.ts'
import { watchOutage } from './watch-outage.ts'
import { writeOutage } from './write-outage.ts'

export interface WatchOptions extends Telling {
  db: Kysely<Tables>
  pingDatabase: () => Promise<void>
  config: Peer | undefined
  measure: Measure
  log: Log
  /** Between two looks at what is due. */
  everyMs?: number
}

const lookEveryMs = 5_000
/** So often a node says that it is there, and reads anew what it would need without the database. */
const noteEveryMs = 15_000
/** A process that starts has other things to do first. */
const startsAfterMs = 1_000

/**
 * Evaluates rules, and sends what comes of them, until closed. Any number of nodes do so together; while the database is away each
 * watches by itself, and one of them tells.
 */
export const watchAlerts = (options: WatchOptions): { wake(): void; close(): Promise<void> } => {
  const { db, log, sending, everyMs = lookEveryMs } = options
  const nodeId = randomUUID()
  const closing = new AbortController()
  const warn = logRarely<string>(60_000, (what, err, leftOut) => log.warn({ err, leftOut }, what))
  const readDowns = watchDowns(options.pingDatabase, options.config)
  const delivering = deliverWhenDue({
    ...{ db, log, everyMs, ...sending },
    onError: (error) => warn('messages about alerts wait; they are tried again', error),
  })
  const outage = watchOutage({
    ...options,
    send: (channel, id, message) =>
      sendMessage(channel, { id, message }, { ...sending, closing: closing.signal }),
  })
  const onTurned = ({ became, ...about }: Turned): void => {
    node.isOutdated = true
    if (became === 'firing') log.warn(about, 'an alert fires')
    else log.info(about, 'an alert is resolved')
    delivering.wake()
  }
  const node: { snapshot: Snapshot | undefined; isOutdated: boolean; before: number; notedAt: number } = {
    ...{ snapshot: undefined, isOutdated: false, before: 0, notedAt: Number.NEGATIVE_INFINITY },
  }

  const remember = async (): Promise<void> => {
    node.snapshot = await readSnapshot(db)
    node.isOutdated = false
  }
  const note = async (): Promise<void> => {
    if (performance.now() - node.notedAt < noteEveryMs) return
    node.before = await noteNode(db, nodeId)
    await remember()
    node.notedAt = performance.now()
    await forgetOldAlerts(db)
    await forgetOldDeliveries(db)
  }
  const evaluate = async (downs: Downs): Promise<void> => {
    if (outage.isOn()) {
      await writeOutage(db, outage.alerts())
      // Else the next outage, a moment later, would tell again what this one has told.
      await remember()
      outage.end()
    }
    await note()
    await evaluateDue({
      ...{ ...options, downs, onTurned, isClosed: () => closing.signal.aborted },
      onError: (rule, error) => warn(`the rule ${rule} could not be evaluated`, error),
    })
    // Else the next outage would take what has ended for what still goes on, and tell nothing.
    if (node.isOutdated) await remember()
  }
  const round = async (): Promise<void> => {
    const { downs, isCutOff } = await readDowns()
    if (!isCutOff) await evaluate(downs)
    else if (node.snapshot) await outage.look(node.snapshot, downs, { now: Date.now(), before: node.before })
  }
  const looking = keepLooking(
    () => round().catch((error) => warn('alerts were not evaluated', error)),
    everyMs,
  )
  return {
    wake: delivering.wake,
    async close() {
      closing.abort()
      await looking.close()
      await delivering.close()
      await forgetNode(db, nodeId).catch(() => {})
    },
  }
}

/** One round after the other, with a rest between them; `close` waits for the one that is under way. */
const keepLooking = (round: () => Promise<void>, everyMs: number): { close(): Promise<void> } => {
  let closed = false
  let running: Promise<void> = Promise.resolve()
  const start = (): void => {
    running = round().finally(() => {
      if (!closed) timer = setTimeout(start, everyMs)
    })
  }
  let timer = setTimeout(start, Math.min(everyMs, startsAfterMs))
  return {
    async close() {
      closed = true
      clearTimeout(timer)
      await running
    },
  }
}
