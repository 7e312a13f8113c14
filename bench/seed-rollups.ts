import type { Client } from 'pg'
import type { CountedApp } from '../server/src/analytics/rollups/find-apps.ts'
import {
  type Level,
  lengthMs,
  partitionOf,
  startOf,
  tableOf,
} from '../server/src/analytics/rollups/levels.ts'
import { raiseDevices, raiseTally } from '../server/src/analytics/rollups/raise-tally.ts'
import {
  addRollup,
  type Rollup,
  type Rollups,
  sumsOf,
  writeBytes,
} from '../server/src/analytics/rollups/rollup.ts'
import { partFacets, partOf, spanOf } from '../server/src/analytics/rollups/scopes.ts'
import { capTally } from '../server/src/platform/tally/cap-tally.ts'
import { mergeHashes } from '../server/src/platform/tally/hyper-log-log.ts'
import { createTally, type Tally } from '../server/src/platform/tally/tally.ts'
import { seededAppId, seededTemplate } from './seed-apps.ts'
import { drawDevices, drawTally, profile, revisions } from './seed-tallies.ts'

export interface RollupSeed {
  apps: number
  days: number
  /** Minutes are seeded for the last hours alone: they are all alike. */
  minuteHours: number
  now: number
}

/** Apps that are drawn one by one, and the draws of each; the others are like one of these. */
const kinds = 20
const draws = { minute: 50, hour: 100, day: 20 } as const satisfies Record<Level, number>

const requestsOf = (level: Level, seed: number): number => {
  if (level === 'minute') return 1 + (seed % 3)
  if (level === 'day') return profile.requestsADay
  return Math.round((profile.requestsADay / 24) * (0.5 + (seed % 11) / 10))
}

const devicesOfKind = Array.from({ length: kinds }, (_, kind) => drawDevices(kind + 1))

const drawPool = (level: Level): Tally[][] =>
  devicesOfKind.map((devices, kind) =>
    Array.from({ length: draws[level] }, (_, n) => {
      const seed = kind * 1_000 + n
      return drawTally(devices, requestsOf(level, seed), seed)
    }),
  )

/** Fills the rollups of a time up to now, by SQL from a pool of drawn rows: millions of them in a minute or two. */
export const seedRollups = async (client: Client, seed: RollupSeed): Promise<void> => {
  await makePartitions(client, seed)
  for (const level of ['day', 'hour', 'minute'] as const) {
    const pool = drawPool(level)
    await seedApps(client, level, pool, seed)
    await seedAbove(client, level, pool, seed)
  }
  await client.query(
    `insert into rollups_due (level, at, scope)
     select level, date_trunc(level, $1::timestamptz, 'UTC'), scope from (values ('hour'), ('day')) l(level),
       (select distinct scope from rollups_hour where scope !~ '#') s`,
    [new Date(seed.now)],
  )
  for (const table of ['rollups_minute', 'rollups_hour', 'rollups_day'])
    await client.query(`vacuum analyze ${table}`)
}

const startOfSeed = (level: Level, { days, minuteHours, now }: RollupSeed): number =>
  level === 'minute'
    ? startOf('minute', now) - minuteHours * lengthMs.hour
    : startOf('day', now) - days * lengthMs.day

/** Up to now, without the hour, or day, that is not over. */
const endOfSeed = (level: Level, now: number): number => startOf(level, now) - lengthMs[level]

const makePartitions = async (client: Client, seed: RollupSeed): Promise<void> => {
  for (const level of ['day', 'hour', 'minute'] as const) {
    const made = new Set<string>()
    for (let at = startOfSeed(level, seed); at <= seed.now; at += lengthMs.hour) {
      const { suffix, from, to } = partitionOf(level, at)
      if (made.has(suffix)) continue
      made.add(suffix)
      const table = tableOf(level)
      await client.query(`create table ${table}_${suffix} partition of ${table}
        for values from ('${from.toISOString()}') to ('${to.toISOString()}')`)
    }
  }
}

const columns = 'requests, unchanged, refused, errors, hits, devices, body, sketch'
const valuesOf = (level: Level, scope: string, rollup: Rollup) => {
  capTally(rollup.tally)
  const { requests, unchanged, refused, errors, hits, devices } = sumsOf(level, rollup)
  const { body, sketch } = writeBytes(scope, rollup)
  return [requests, unchanged, refused, errors, hits, devices, Buffer.from(body), Buffer.from(sketch)]
}

/** Each app and time takes a row of its kind's pool. */
const seedApps = async (
  client: Client,
  level: Level,
  pool: readonly Tally[][],
  seed: RollupSeed,
): Promise<void> => {
  await client.query(`create temporary table pool (kind int, n int, requests int, unchanged int, refused int, errors int,
    hits int, devices int, body bytea, sketch bytea, primary key (kind, n))`)
  for (const [kind, tallies] of pool.entries()) {
    for (const [n, tally] of tallies.entries()) {
      const values = valuesOf(level, '', { tally, sketch: null })
      await client.query('insert into pool values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)', [
        kind,
        n,
        ...values,
      ])
    }
  }
  await client.query('analyze pool')
  const step = `${lengthMs[level] / 1_000} seconds`
  // Two requests a minute on average: one minute in seven has none.
  const quiet = level === 'minute' ? 'hashint8(a * 7919 + t) % 7 <> 0' : 'true'
  await client.query(
    `insert into ${tableOf(level)} (at, scope, ${columns})
     select $1::timestamptz + t * $2::interval, 'app-' || lpad(a::text, 7, '0'), ${columns}
     from generate_series(0, $3::int) t cross join generate_series(1, $4::int) a
     join pool on kind = a % ${kinds} and n = abs(hashint8(a::bigint * 1000003 + t)::bigint) % ${draws[level]}
     where ${quiet}`,
    [
      new Date(startOfSeed(level, seed)),
      step,
      Math.round((endOfSeed(level, seed.now) - startOfSeed(level, seed)) / lengthMs[level]),
      seed.apps,
    ],
  )
  await client.query('drop table pool')
}

const app: CountedApp = {
  above: [seededTemplate],
  live: new Set([revisions[4]]),
  replacedAt: new Map(revisions.slice(0, 4).map((revision) => [revision, 0])),
}

/** Different sums over all apps: hours of a day, days of a week. */
const variations = { minute: 6, hour: 24, day: 7 } as const satisfies Record<Level, number>

const seedAbove = async (
  client: Client,
  level: Level,
  pool: readonly Tally[][],
  seed: RollupSeed,
): Promise<void> => {
  const sums = Array.from({ length: variations[level] }, (_, variation) =>
    addUp(level, pool, variation, seed.apps),
  )
  if (level === 'hour') addSpans(sums)
  const times: [number, number][] = []
  for (let at = startOfSeed(level, seed); at <= endOfSeed(level, seed.now); at += lengthMs[level]) {
    times.push([at, Math.floor(at / lengthMs[level]) % variations[level]])
  }
  for (const [variation, rollups] of sums.entries()) {
    const ats = times.filter(([, of]) => of === variation).map(([at]) => new Date(at))
    for (const [scope, rollup] of rollups) {
      for (const above of ['*', `${seededTemplate}/*`]) {
        await client.query(
          `insert into ${tableOf(level)} (at, scope, ${columns})
           select at, $2, $3, $4, $5, $6, $7, $8, $9, $10 from unnest($1::timestamptz[]) at`,
          [ats, above + scope, ...valuesOf(level, scope, rollup)],
        )
      }
    }
  }
}

/** The fleet in one interval; keys are what follows the scope's own name. */
const addUp = (level: Level, pool: readonly Tally[][], variation: number, apps: number): Rollups => {
  const rollups: Rollups = new Map()
  for (let index = 0; index < apps; index += 1) {
    const kind = pool[(index + 1) % kinds] ?? []
    const tally = kind[(variation * 7 + index) % kind.length] ?? createTally()
    // In a minute, most apps have a request or two and some none.
    if (level === 'minute' && index % 7 === variation) continue
    const raised = { appId: seededAppId(index), app, since: 1 }
    addRollup(rollups, '', raiseTally(tally, raised))
    if (level !== 'day') continue
    for (const facet of partFacets) addRollup(rollups, partOf('', facet), raiseDevices(tally, facet, raised))
  }
  return rollups
}

const addSpans = (hours: readonly Rollups[]): void => {
  const sketch = writeableSketch()
  for (const rollups of hours) {
    const hour = rollups.get('')?.sketch
    if (hour && sketch.sketch) mergeHashes(sketch.sketch, hour)
  }
  for (const rollups of hours) rollups.set(spanOf(''), sketch)
}

const writeableSketch = (): Rollup => {
  const rollups: Rollups = new Map()
  addRollup(rollups, '', raiseTally(createTally(), { appId: '', app, since: 1 }))
  return { tally: createTally(), sketch: rollups.get('')?.sketch ?? null }
}
