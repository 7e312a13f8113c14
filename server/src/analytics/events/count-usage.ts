import { type Kysely, sql } from 'kysely'
import { chunksOf } from '../../platform/chunks-of.ts'
import type { Tables } from '../../platform/database/tables.ts'

/** What came of events: numbers of them. */
export interface Outcome {
  accepted: number
  duplicates: number
  rejected: number
}

export interface EventUsage {
  count(appId: string, outcome: Outcome): void
  /** Events of an app that this process accepted today (UTC). */
  acceptedToday(appId: string): number
  /** Tells the others what is not told yet. */
  close(): Promise<void>
}

interface Counted extends Outcome {
  isTold: boolean
}

const everyMs = 5_000
const rowsMost = 5_000

/**
 * Counts the events of each app by the day they arrive (UTC), for quotas and reports, and writes the sums of this process every few
 * seconds: a crash loses at most those. Written again after a failure they are the same rows.
 */
export const countUsage = (options: {
  db: Kysely<Tables>
  sender: string
  onError: (error: unknown) => void
  now?: () => number
}): EventUsage => {
  const { db, sender, onError, now = Date.now } = options
  let day = dayOf(now())
  let counted = new Map<string, Counted>()

  let telling: Promise<void> = Promise.resolve()
  /** One after the other: an older sum must not be written over a newer one. */
  const tell = (): Promise<void> => {
    const [toldDay, all] = [day, counted]
    telling = telling.then(() => tellAll(toldDay, all))
    return telling
  }
  const tellAll = async (toldDay: string, all: ReadonlyMap<string, Counted>): Promise<void> => {
    const rows = [...all].filter(([, { isTold }]) => !isTold)
    for (const some of chunksOf(rows, rowsMost)) {
      for (const [, counts] of some) counts.isTold = true
      await writeUsage(db, sender, toldDay, some).catch((error) => {
        for (const [, counts] of some) counts.isTold = false
        onError(error)
      })
    }
  }
  const beginDay = (): void => {
    const today = dayOf(now())
    if (today === day) return
    void tell()
    day = today
    counted = new Map()
  }
  const timer = setInterval(() => {
    beginDay()
    void tell()
  }, everyMs)
  timer.unref()

  return {
    count(appId, outcome) {
      beginDay()
      const sum = counted.get(appId) ?? { accepted: 0, duplicates: 0, rejected: 0, isTold: false }
      sum.accepted += outcome.accepted
      sum.duplicates += outcome.duplicates
      sum.rejected += outcome.rejected
      sum.isTold = false
      counted.set(appId, sum)
    },
    acceptedToday(appId) {
      beginDay()
      return counted.get(appId)?.accepted ?? 0
    },
    async close() {
      clearInterval(timer)
      await tell()
    },
  }
}

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10)

const writeUsage = async (
  db: Kysely<Tables>,
  sender: string,
  day: string,
  rows: readonly (readonly [string, Outcome])[],
): Promise<void> => {
  const told = rows.map(([appId, { accepted, duplicates, rejected }]) => ({
    ...{ app_id: appId, accepted, duplicates, rejected },
  }))
  await sql`
    insert into event_usage (accepted, duplicates, rejected, day, app_id, sender)
    select accepted, duplicates, rejected, ${day}, app_id, ${sender}
    from jsonb_to_recordset(${JSON.stringify(told)}::jsonb)
      told(accepted bigint, duplicates bigint, rejected bigint, app_id text)
    on conflict (app_id, day, sender) do update
    set accepted = excluded.accepted, duplicates = excluded.duplicates, rejected = excluded.rejected`.execute(
    db,
  )
}
