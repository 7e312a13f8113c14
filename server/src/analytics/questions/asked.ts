import type { Kysely } from 'kysely'
import type { Interval } from '../../../../contract/analytics.ts'
import type { Tables } from '../../platform/database/tables.ts'
import type { Level } from '../rollups/levels.ts'
import type { Slice } from './slice-time.ts'

/** A question as all of them are asked, its parameters checked. */
export interface Asked {
  db: Kysely<Tables>
  /** The app, or null for the fleet or what is below a template. */
  appId: string | null
  template: string | null
  /** Whose rows answer it. */
  scope: string
  /** ms since 1970; `to` is no later than the end of this minute. */
  from: number
  to: number
  interval: Interval
  timeZone: string
  groupBy: string | null
  limit: number
  /** Where the page before ended. */
  after: Place | null
  /** All of from..to, cut. */
  slices: readonly Slice[]
  now: number
  keptSince: Record<Level, number>
  /** What is to be known of the numbers: added to while they are read. */
  notes: Set<string>
}

/** A row's place in the whole answer: by time and group, or by any text that sorts. */
export interface Place {
  start: number
  key: string
}

/** What a question answers, apart from what all answers have. */
export interface Answered<Row> {
  rows: Row[]
  /** Where the next page begins after. */
  next: Place | null
}
