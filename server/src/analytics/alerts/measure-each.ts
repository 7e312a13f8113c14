import { type Kysely, type RawBuilder, type SqlBool, sql } from 'kysely'
import type { AlertQuestion } from '../../../../contract/alert-question.ts'
import type { RuleScope } from '../../../../contract/alert-rule.ts'
import { chunksOf } from '../../platform/chunks-of.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { textArray } from '../../platform/database/text-array.ts'
import { takeTurns } from '../../platform/take-turns.ts'
import { readTally } from '../../platform/tally/read-tally.ts'
import { addTally, countDevices, createTally, type Tally } from '../../platform/tally/tally.ts'
import { planReading, type Segment } from '../questions/plan-reading.ts'
import { type Level, lengthMs, startOf, tableOf } from '../rollups/levels.ts'
import { findOld } from './find-old.ts'
import type { Reading } from './judge-rule.ts'
import type { Asked } from './measure.ts'
import { readingOf } from './reading-of.ts'

export type EachApp = Extract<RuleScope, { kind: 'eachApp' }>
type AskedOfEach = Asked & { scope: EachApp }

/** A statement about so many apps stays far below the time that one may take. */
const appsAtOnce = 1_000
const bodiesAtOnce = 200

/**
 * Answers a question of each app by itself. What the sums of the rows tell is read from them; for all else the rows of those apps alone
 * that have enough to be judged. An app of which nothing was counted is left out.
 */
export const measureEach = async (
  db: Kysely<Tables>,
  asked: AskedOfEach,
  keptSince: Record<Level, number>,
): Promise<Map<string, Reading>> => {
  const segments = await planEach(db, asked, keptSince)
  const readings = new Map<string, Reading>()
  for await (const apps of listApps(db, asked.scope)) {
    const sums = await readSums(db, apps, segments)
    const bySums = sumReading(asked.on, asked.window)
    if (bySums) {
      for (const row of sums) readings.set(row.app_id, bySums(row))
      continue
    }
    const least = asked.on.question === 'events' ? 0 : asked.minimumCount
    const judged = sums.filter(({ requests }) => requests >= least).map(({ app_id: appId }) => appId)
    for (const some of chunksOf(judged, bodiesAtOnce))
      await readBodies(db, asked, { some, segments }, readings)
  }
  return readings
}

/** The rows that have all of a window for every app: hours that are made for each, minutes for the rest. */
const planEach = async (
  db: Kysely<Tables>,
  { window: { from, to } }: Asked,
  since: Record<Level, number>,
): Promise<Segment[]> => {
  const { rows } = await sql<{ at: Date }>`select distinct at from rollups_due
    where level = 'hour' and at >= ${new Date(startOf('hour', from))} and at < ${new Date(to)}`.execute(db)
  const dueHours = new Set(rows.map(({ at }) => at.getTime()))
  // Few days lie within a window; their hours do as well.
  const dueDays = new Set<number>()
  for (let day = startOf('day', from); day < to; day += lengthMs.day) dueDays.add(day)
  const kept = { since, dueHours, dueDays, dueSpans: new Set<number>() }
  return planReading([{ start: from, end: to }], kept).segments
}

const isBelow = (template: string): RawBuilder<SqlBool> => sql`apps.app_id in (
  with recursive below as (
    select app_id from apps where extends = ${template}
    union select a.app_id from apps a join below b on a.extends = b.app_id
  ) select app_id from below)`

/** Of the table `apps`, those that a rule is about. */
const isAbout = ({
  template,
  labels,
}: EachApp): RawBuilder<SqlBool> => sql`kind = 'app' and archived_at is null
  and ${template === null ? sql`true` : isBelow(template)}
  and ${labels === null ? sql`true` : sql`labels @> ${JSON.stringify(labels)}::jsonb`}`

/** The apps that a rule is about, some at a time. */
async function* listApps(db: Kysely<Tables>, scope: EachApp): AsyncGenerator<string[]> {
  let after = ''
  for (;;) {
    const { rows } = await sql<{ app_id: string }>`
      select app_id from apps where app_id > ${after} and ${isAbout(scope)}
      order by app_id limit ${appsAtOnce}`.execute(db)
    if (rows.length > 0) yield rows.map(({ app_id: appId }) => appId)
    if (rows.length < appsAtOnce) return
    after = rows.at(-1)?.app_id ?? ''
  }
}

/** Which of these apps a rule is not about, or not any more. */
export const findStrays = async (
  db: Kysely<Tables>,
  scope: EachApp,
  appIds: readonly string[],
): Promise<string[]> => {
  const { rows } = await sql<{ app_id: string }>`
    select asked.app_id from unnest(${textArray(appIds)}) asked(app_id)
    where not exists (select from apps where apps.app_id = asked.app_id and ${isAbout(scope)})`.execute(db)
  return rows.map(({ app_id: appId }) => appId)
}

interface SumRow {
  app_id: string
  requests: number
  refused: number
  errors: number
  hits: number
}

const isIn = (segments: readonly Segment[]): RawBuilder<SqlBool> =>
  sql`(${sql.join(
    segments.map(({ from, to }) => sql`(at >= ${new Date(from)} and at < ${new Date(to)})`),
    sql` or `,
  )})`

const byLevel = (segments: readonly Segment[]): [Level, Segment[]][] => [
  ...Map.groupBy(segments, ({ level }) => level),
]

const readSums = async (
  db: Kysely<Tables>,
  apps: readonly string[],
  segments: readonly Segment[],
): Promise<SumRow[]> => {
  const parts = byLevel(segments).map(
    ([level, of]) =>
      sql`select requests, refused, errors, hits from ${sql.table(tableOf(level))} where scope = a.app_id and ${isIn(of)}`,
  )
  if (parts.length === 0) return []
  const { rows } = await sql<SumRow>`
    select a.app_id, s.requests, s.refused, s.errors, s.hits
    from unnest(${textArray(apps)}) a(app_id) cross join lateral (
      select count(*) as rows, sum(requests)::bigint as requests, sum(refused)::bigint as refused,
        sum(errors)::bigint as errors, sum(hits)::bigint as hits
      from (${sql.join(parts, sql` union all `)}) u
    ) s where s.rows > 0`.execute(db)
  return rows
}

/** How a question is answered by sums alone; undefined where it takes more. */
const sumReading = (
  on: AlertQuestion,
  { from, to }: Asked['window'],
): ((row: SumRow) => Reading) | undefined => {
  const share = (part: number, whole: number): Reading => ({
    value: whole > 0 ? part / whole : null,
    count: whole,
  })
  if (on.question === 'errors') {
    const partOf = (row: SumRow): number => (on.status === '5xx' ? row.errors : row.refused)
    return on.measure === 'rate'
      ? (row) => share(partOf(row), row.requests)
      : (row) => ({ value: partOf(row), count: partOf(row) })
  }
  if (on.question === 'cache') return ({ hits, requests }) => share(hits, requests)
  if (on.question === 'usage' && on.where === undefined) {
    const seconds = on.measure === 'count' ? 1 : (to - from) / 1_000
    return ({ requests }) => ({ value: requests / seconds, count: requests })
  }
  return undefined
}

const readBodies = async (
  db: Kysely<Tables>,
  { on, window }: AskedOfEach,
  { some, segments }: { some: readonly string[]; segments: readonly Segment[] },
  readings: Map<string, Reading>,
): Promise<void> => {
  const tallies = new Map<string, Tally>()
  const turns = takeTurns()
  for (const [level, of] of byLevel(segments)) {
    const { rows } = await sql<{ scope: string; body: Uint8Array }>`
      select scope, body from ${sql.table(tableOf(level))}
      where scope = any (${textArray(some)}) and ${isIn(of)}`.execute(db)
    for (const { scope, body } of rows) {
      await turns()
      const known = tallies.get(scope)
      if (known) addTally(known, readTally(body))
      else {
        const tally = createTally()
        addTally(tally, readTally(body))
        tallies.set(scope, tally)
      }
    }
  }
  const replaced = await findOld(db, on, [...tallies.values()], window.from)
  const seconds = (window.to - window.from) / 1_000
  for (const [appId, tally] of tallies) {
    const devices = on.question === 'devices' ? countDevices(tally).devices : 0
    readings.set(appId, readingOf(on, tally, { devices, replaced, seconds }))
  }
}
