import type { Kysely } from 'kysely'
import type { Tables } from '../../platform/database/tables.ts'
import { dropOld } from './drop-old.ts'
import { findWork } from './find-work.ts'
import { type AlongsideCounts, foldShipments } from './fold-shipments.ts'
import type { KeepDays } from './fold-turn.ts'
import { makeDue } from './make-due.ts'
import { makeParts } from './make-parts.ts'
import { makeSpans } from './make-spans.ts'

export interface FoldingOptions {
  db: Kysely<Tables>
  keep: KeepDays
  /** Between two rounds at least. */
  everyMs?: number
  /** What failed is still there, so it is tried again. */
  onError: (what: string, error: unknown) => void
  alongside?: AlongsideCounts | undefined
}

/** A round is not begun anew after this, so that everybody else has their time. */
const roundMs = 2_000
const dropEveryMs = 600_000
const firstDropMs = 60_000

/**
 * Folds the inbox, makes hours and days, and drops what is old, every few seconds; resting nine times as long as it worked, or as long as
 * it worked while a round does not get to the end. Any number of nodes may do so over one database: one at a time folds.
 */
export const keepFolding = ({
  db,
  keep,
  everyMs = 5_000,
  onError,
  alongside,
}: FoldingOptions): { close(): Promise<void> } => {
  let timer: NodeJS.Timeout | undefined
  let closed = false
  let dropAt = performance.now() + firstDropMs

  /** Whether there is more. A step that another node is at is done as far as this one knows. */
  const whileMore = async (until: number, step: () => Promise<number | undefined>): Promise<boolean> => {
    while (((await step()) ?? 0) > 0) if (closed || performance.now() > until) return true
    return false
  }
  const workOff = async (): Promise<boolean> => {
    const until = performance.now() + roundMs
    const leftOut = (error: unknown): void => onError('counts were left out', error)
    const fold = () => foldShipments({ db, keep, onError: leftOut, alongside })
    const work = await findWork(db)
    let isMore = false
    if (work.inbox) isMore = await whileMore(until, fold)
    if (work.hour) isMore = (await whileMore(until, () => makeDue({ db, keep }, 'hour'))) || isMore
    if (work.part) isMore = (await whileMore(until, () => makeParts({ db, keep }))) || isMore
    if (work.span) isMore = (await whileMore(until, () => makeSpans({ db, keep }))) || isMore
    if (work.day) isMore = (await whileMore(until, () => makeDue({ db, keep }, 'day'))) || isMore
    if (performance.now() >= dropAt) {
      await dropOld(db, keep)
      dropAt = performance.now() + dropEveryMs
    }
    return isMore
  }
  const round = async (): Promise<void> => {
    const startedAt = performance.now()
    const isMore = await workOff().catch((error) => {
      onError('counts were not folded', error)
      return false
    })
    const worked = performance.now() - startedAt
    if (!closed) timer = setTimeout(start, Math.max(everyMs, isMore ? worked : worked * 9))
  }
  let running: Promise<void> = Promise.resolve()
  const start = (): void => {
    running = round()
  }
  start()

  return {
    async close() {
      closed = true
      clearTimeout(timer)
      await running
    },
  }
}
