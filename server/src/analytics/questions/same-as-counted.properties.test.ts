import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { lengthMs, startOf } from '../rollups/levels.ts'
import { createApp, foldAll, makeAll, ship, tallyOf } from '../rollups/rollups.fixture.ts'
import { type Answer, openQuestions, type Questions } from './questions.fixture.ts'
import { sliceTime, writeMoment } from './slice-time.ts'

const { minute, hour, day } = lengthMs

/** One request, as the brute force counts it. */
interface Request {
  app: number
  at: number
  bucket: number
  platform: string
  ms: number
}

// A day that is over, one that is not, and all hours and minutes between.
const start = startOf('day', Date.now() - 3 * day) + 17 * hour
const zones = ['UTC', 'Europe/Berlin', 'America/Los_Angeles', 'Asia/Kathmandu', '-03:30']

/** Always the same, so that a failure comes again. */
const drawRequests = (): Request[] =>
  fc.sample(
    fc.record({
      app: fc.nat(1),
      at: fc
        .integer({ min: 0, max: Math.floor((Date.now() - start) / minute) - 1 })
        .map((n) => start + n * minute),
      bucket: fc.nat(40),
      platform: fc.constantFrom('ios', 'android', 'web'),
      ms: fc.integer({ min: 1, max: 500 }),
    }),
    { numRuns: 400, seed: 42 },
  )

describe('answers', () => {
  let questions: Questions
  let apps: string[]
  let template: string
  const requests = drawRequests()
  beforeAll(async () => {
    questions = await openQuestions()
    const { db } = questions
    template = await createApp(db)
    apps = [await createApp(db, template), await createApp(db, template)]
    const shipped = requests.map(({ app, at, bucket, platform, ms }) => ({
      ...{ appId: apps[app] ?? '', at },
      tally: tallyOf([{ bucket, platform, ms }]),
    }))
    // Some come after hours and days have been made.
    await ship(db, shipped.slice(0, 300))
    await foldAll(db)
    await makeAll(db)
    await ship(db, shipped.slice(300))
    await foldAll(db)
  })
  afterAll(() => questions?.close())

  const asked = fc
    .record({
      who: fc.constantFrom(0, 1, null),
      from: fc.integer({ min: -600, max: 3 * 1440 }),
      length: fc.integer({ min: 1, max: 4 * 1440 }),
      interval: fc.constantFrom(
        'minute' as const,
        'hour' as const,
        'day' as const,
        'week' as const,
        'total' as const,
      ),
      timeZone: fc.constantFrom(...zones),
      limit: fc.constantFrom(7, 100, 5_000),
    })
    .map(({ from, length, ...rest }) => ({
      ...rest,
      from: start + from * minute,
      to: Math.min(start + (from + length) * minute, startOf('minute', Date.now())),
    }))
    .filter(({ from, to, interval }) => from < to && (interval !== 'minute' || to - from < day))

  type Asked = typeof asked extends fc.Arbitrary<infer T> ? T : never

  /** All pages of an answer. */
  const rowsOf = async (question: string, { who, from, to, ...rest }: Asked, more: object = {}) => {
    const rows: Record<string, unknown>[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const parameters: object = {
        ...{ from: new Date(from).toISOString(), to: new Date(to).toISOString(), ...rest, ...more },
        ...(cursor && { cursor }),
        ...(who === null && { template }),
      }
      const { status, body }: Answer =
        who === null
          ? await questions.askFleet(question, parameters)
          : await questions.ask(apps[who] ?? '', question, parameters)
      expect([status, body.rows?.length <= rest.limit]).toEqual([200, true])
      rows.push(...body.rows)
      cursor = body.nextCursor
    }
    return rows
  }
  const bySlice = ({ who, ...range }: Asked) =>
    sliceTime(range).map((slice) => ({
      at: writeMoment(slice.start, range.timeZone),
      of: requests.filter(
        ({ app, at }) => (who === null || app === who) && at >= slice.start && at < slice.end,
      ),
    }))

  it('count each request once, in its interval', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(asked, async (question) => {
        const rows = await rowsOf('usage', question)
        expect(rows.map(({ at, requests }) => [at, requests])).toEqual(
          bySlice(question).map(({ at, of }) => [at, of.length]),
        )
      }),
      { numRuns: 40 },
    )
  })

  it('count each device once in an interval', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(asked, async (question) => {
        const rows = await rowsOf('devices', question)
        const expected = bySlice(question)
        expect(rows.map(({ at }) => at)).toEqual(expected.map(({ at }) => at))
        for (const [index, { of }] of expected.entries()) {
          const devices = new Set(of.map(({ app, bucket }) => `${app} ${bucket}`)).size
          // Above apps two of so few may meet in the sketch.
          const off = Math.abs(Number(rows[index]?.devices) - devices)
          expect(off).toBeLessThanOrEqual(question.who === null ? 2 : 0)
        }
      }),
      { numRuns: 40 },
    )
  })

  it('count each request once by what the device is', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(asked, async (question) => {
        const rows = await rowsOf('usage', question, { groupBy: 'platform' })
        const expected = bySlice(question).flatMap(({ at, of }) => {
          if (of.length === 0) return [[at, null, 0]]
          const groups = [...Map.groupBy(of, ({ platform }) => platform)]
          return groups.map(([platform, some]) => [at, platform, some.length]).sort()
        })
        expect(rows.map(({ at, group, requests }) => [at, group, requests])).toEqual(expected)
      }),
      { numRuns: 30 },
    )
  })

  it('tell quantiles of all requests of an interval', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(asked, async (question) => {
        const rows = await rowsOf('latency', { ...question, interval: 'total' })
        const [{ of } = { of: [] }] = bySlice({ ...question, interval: 'total' })
        const sorted = of.map(({ ms }) => ms).sort((one, two) => one - two)
        const [row] = rows
        expect(row?.requests).toBe(of.length)
        if (of.length === 0) {
          expect(row?.p50).toBeNull()
          return
        }
        const exact = sorted[Math.floor(0.5 * (sorted.length - 1))] ?? 0
        expect(Math.abs(Number(row?.p50) - exact) / exact).toBeLessThan(0.016)
      }),
      { numRuns: 20 },
    )
  })
})
