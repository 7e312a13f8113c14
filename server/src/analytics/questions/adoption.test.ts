import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { lengthMs, startOf } from '../rollups/levels.ts'
import { type Asked, createApp, foldAll, makeAll, ship, tallyOf } from '../rollups/rollups.fixture.ts'
import { openQuestions, type Questions, release } from './questions.fixture.ts'

const { hour, day, minute } = lengthMs
const start = startOf('day', Date.now() - 3 * day)
const asking = (buckets: readonly number[], more: Asked): Asked[] =>
  buckets.map((bucket) => ({ bucket, ...more }))
const upTo = (n: number) => Array.from({ length: n }, (_, bucket) => bucket)

describe('who has which release', () => {
  let questions: Questions
  let appId: string
  let template: string
  let [old, next] = [0, 0]
  beforeAll(async () => {
    questions = await openQuestions()
    const { db } = questions
    template = await createApp(db)
    appId = await createApp(db, template)
    old = await release(db, appId, { at: start - 10 * day })
    const releasedAt = start + 2 * hour + 30 * minute
    next = await release(db, appId, { at: releasedAt, version: '1.1.0' })
    const [has, gets] = [{ revision: String(old) }, { revision: String(next), held: String(old) }]
    const keeps = { revision: String(next), held: String(next), status: '304' }
    const shipped = [
      { at: start + hour, tally: tallyOf(asking(upTo(90), { ...has, held: String(old) })) },
      // 36 in the first half hour, 49 more in the fifth hour, and the last five a day later.
      { at: releasedAt + 10 * minute, tally: tallyOf(asking(upTo(36), gets)) },
      { at: start + 5 * hour, tally: tallyOf([...asking(upTo(85), gets), ...asking(upTo(10), keeps)]) },
      {
        at: start + day + hour,
        tally: tallyOf([...asking(upTo(85), keeps), ...asking([85, 86, 87, 88, 89], gets)]),
      },
    ]
    await ship(
      db,
      shipped.map((one) => ({ appId, ...one })),
    )
    await foldAll(db)
    await makeAll(db)
  })
  afterAll(() => questions?.close())
  const range = { from: new Date(start).toISOString(), to: new Date(start + 2 * day).toISOString() }

  it('is told by revision, with its version and its share of the devices of each interval', async () => {
    const { body } = await questions.ask(appId, 'adoption', { ...range, interval: 'day' })
    const rows = body.rows.map((row: Record<string, unknown>) => [
      row.group,
      row.configVersion,
      row.requests,
      row.devices,
      row.share,
    ])
    expect(rows).toEqual([
      [String(old), '1.0.0', 90, 90, 1],
      [String(next), '1.1.0', 131, 85, 0.9444],
      [String(next), '1.1.0', 90, 90, 1],
    ])
    expect(body).toMatchObject({ interval: 'day', groupBy: null, nextCursor: null, notes: [] })
  })

  it('is told by config version', async () => {
    const { body } = await questions.ask(appId, 'adoption', {
      ...range,
      interval: 'total',
      groupBy: 'configVersion',
    })
    expect(body.rows).toMatchObject([
      { group: '1.0.0', configVersion: '1.0.0', requests: 90, devices: 90 },
      { group: '1.1.0', configVersion: '1.1.0', requests: 221, devices: 90 },
    ])
  })

  it('tells how soon a release was with half, nearly all and all devices that have asked since', async () => {
    const { body } = await questions.ask(appId, 'adoption', { ...range, interval: 'day' })
    const [told] = body.releases
    expect(told).toMatchObject({
      revision: next,
      configVersion: '1.1.0',
      channel: 'stable',
      by: 'devices',
      asked: 90,
    })
    const until = (at: number) => ({
      at: new Date(at).toISOString(),
      seconds: (at - start - 2 * hour - 30 * minute) / 1_000,
    })
    expect(told.reached50).toEqual(until(start + 6 * hour))
    expect(told.reached90).toEqual(until(start + 6 * hour))
    expect(told.reached99).toEqual(until(start + day + 2 * hour))
    expect(body.releases).toHaveLength(1)
  })

  it('counts the very minute of a release, of its channel alone, and tells of it by the minute', async () => {
    const { db } = questions
    const fresh = await createApp(db)
    const releasedAt = startOf('minute', Date.now() - 5 * minute) + 20_000
    const before = await release(db, fresh, { at: start })
    const beta = await release(db, fresh, { at: releasedAt, version: '3.0.0-beta', channel: 'beta' })
    const stable = await release(db, fresh, { at: releasedAt, version: '2.0.0' })
    const given = (revision: number, buckets: number[]) => asking(buckets, { revision: String(revision) })
    const inMinute = (n: number, asked: Asked[]) => ({
      ...{ appId: fresh, at: releasedAt + n * minute, tally: tallyOf(asked) },
    })
    await ship(db, [
      inMinute(0, [...given(before, [1, 2, 3, 4]), ...given(stable, [5, 6, 7]), ...given(beta, [8])]),
      inMinute(2, given(stable, [1, 2, 3])),
      inMinute(3, given(before, [9])),
    ])
    await foldAll(db)
    const { body } = await questions.ask(fresh, 'adoption', { interval: 'total' })
    const untilMinute = (n: number) => ({ seconds: 40 + n * 60 })
    expect(body.releases).toMatchObject([
      {
        ...{ revision: stable, by: 'devices', asked: 7 },
        ...{ reached50: untilMinute(2), reached90: null, reached99: null },
      },
      { revision: beta, by: 'devices', asked: 1, reached99: untilMinute(0) },
    ])
  })

  it('goes by requests where devices tell no bucket', async () => {
    const { db } = questions
    const quiet = await createApp(db)
    const one = await release(db, quiet, { at: start })
    const two = await release(db, quiet, { at: start + hour, version: '2.0.0' })
    const of = (revision: number, n: number): Asked[] => upTo(n).map(() => ({ revision: String(revision) }))
    await ship(db, [
      { appId: quiet, at: start + hour, tally: tallyOf([...of(one, 6), ...of(two, 4)]) },
      { appId: quiet, at: start + 2 * hour, tally: tallyOf([...of(one, 1), ...of(two, 9)]) },
    ])
    await foldAll(db)
    const { body } = await questions.ask(quiet, 'adoption', { ...range, interval: 'hour' })
    expect(body.rows.slice(1, 5)).toMatchObject([
      { group: String(one), devices: 0, share: 0.6 },
      { group: String(two), devices: 0, share: 0.4 },
      { group: String(one), share: 0.1 },
      { group: String(two), share: 0.9 },
    ])
    const [newest] = body.releases
    expect(newest).toMatchObject({ revision: two, by: 'requests', asked: 20, reached99: null })
    expect(newest.reached50).toEqual(newest.reached90)
    expect(newest.reached50.at).toBe(new Date(start + 3 * hour).toISOString())
  })

  it('is told of a template and the fleet by what was live, with devices by the day', async () => {
    const { body } = await questions.askFleet('adoption', { ...range, interval: 'day', template })
    // The old release was live in the hour before; afterwards everybody was given the new one.
    expect(body.rows).toMatchObject([
      { group: 'current', requests: 221 },
      { group: 'current', requests: 90 },
    ])
    // Two of so many may meet in the sketch.
    for (const { devices } of body.rows) expect(Math.abs(devices - 90)).toBeLessThan(4)
    expect(body.notes).toEqual([expect.stringContaining('days of UTC')])
    const byHour = await questions.askFleet('adoption', { ...range, interval: 'hour', template })
    expect(byHour.body.rows.find(({ requests }: { requests: number }) => requests > 0)).toMatchObject({
      group: 'current',
      devices: null,
      share: 1,
    })
    expect((await questions.askFleet('adoption', range)).body.releases).toEqual([])
  })

  it('goes by ten minutes of requests at least: the last minute of an hour has few', async () => {
    const { db } = questions
    const late = await createApp(db)
    const releasedAt = start + 7 * hour - 30_000
    const old = await release(db, late, { at: start })
    const revision = await release(db, late, { at: releasedAt, version: '2.0.0' })
    const of = (given: number, n: number): Asked[] => upTo(n).map(() => ({ revision: String(given) }))
    await ship(db, [
      { appId: late, at: releasedAt, tally: tallyOf(of(revision, 1)) },
      { appId: late, at: start + 7 * hour, tally: tallyOf([...of(old, 6), ...of(revision, 3)]) },
      { appId: late, at: start + 8 * hour, tally: tallyOf(of(revision, 5)) },
    ])
    await foldAll(db)
    const { body } = await questions.ask(late, 'adoption', { ...range, interval: 'day' })
    const until = { at: new Date(start + 9 * hour).toISOString() }
    expect(body.releases[0]).toMatchObject({ revision, by: 'requests', asked: 15, reached50: until })
  })

  it('goes by requests above apps until a full hour is over', async () => {
    const { db } = questions
    const young = await createApp(db)
    const fresh = await createApp(db, young)
    const revision = await release(db, fresh, { at: Date.now() - minute })
    await ship(db, [
      { appId: fresh, at: Date.now(), tally: tallyOf(asking(upTo(5), { revision: String(revision) })) },
    ])
    await foldAll(db)
    const { body } = await questions.askFleet('adoption', { interval: 'total', template: young })
    expect(body.rows).toMatchObject([{ group: 'current', requests: 5, devices: 0, share: 1 }])
  })
})
