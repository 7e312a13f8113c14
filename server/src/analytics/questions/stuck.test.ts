import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { lengthMs, startOf } from '../rollups/levels.ts'
import { type Asked, createApp, foldAll, makeAll, ship, tallyOf } from '../rollups/rollups.fixture.ts'
import { openQuestions, type Questions, release } from './questions.fixture.ts'

const { hour, day } = lengthMs
const start = startOf('day', Date.now() - 3 * day)

describe('which devices do not get on', () => {
  let questions: Questions
  let [appId, template] = ['', '']
  let [one, two, three] = [0, 0, 0]
  beforeAll(async () => {
    questions = await openQuestions()
    const { db } = questions
    template = await createApp(db)
    appId = await createApp(db, template)
    one = await release(db, appId, { at: start - 9 * day })
    two = await release(db, appId, { at: start - 5 * day, version: '1.1.0' })
    three = await release(db, appId, { at: start + 10 * hour, version: '1.2.0' })
    const holding = (held: number | 'none', buckets: number[]): Asked[] =>
      buckets.map((bucket) => ({ bucket, held: String(held), revision: String(three) }))
    const at = (hours: number, asked: Asked[]) => ({ appId, at: start + hours * hour, tally: tallyOf(asked) })
    await ship(db, [
      at(1, [...holding(one, [1, 2, 3]), ...holding(two, [10]), ...holding('none', [20])]),
      at(2, holding(one, [2, 3])),
      at(3, holding(one, [3])),
      // What was replaced a moment ago, and an hour and a half ago.
      at(10, holding(two, [11, 12])),
      at(12, holding(two, [12])),
      at(13, holding(three, [1])),
    ])
    await foldAll(db)
    await makeAll(db)
  })
  afterAll(() => questions?.close())
  const range = { from: new Date(start).toISOString(), to: new Date(start + day).toISOString() }

  it('is told by what they hold, and how many came with it hour after hour', async () => {
    const { body } = await questions.ask(appId, 'stuck', range)
    expect(body.rows).toEqual([
      {
        ...{ group: String(one), configVersion: '1.0.0', channel: 'stable' },
        replacedAt: new Date(start - 5 * day).toISOString(),
        ...{ requests: 6, devices: 3, atLeast: false, again: 2 },
      },
    ])
  })

  it('counts what was replaced more recently where fewer hours are asked for', async () => {
    const { body } = await questions.ask(appId, 'stuck', { ...range, hours: 2 })
    expect(body.rows).toMatchObject([
      { group: String(one), devices: 3 },
      { group: String(two), configVersion: '1.1.0', requests: 1, devices: 1, again: 0 },
    ])
  })

  it('is told above apps by what the revisions were worth', async () => {
    const { body } = await questions.askFleet('stuck', { ...range, template })
    const rows = body.rows.map((row: Record<string, unknown>) => [row.group, row.requests, row.devices])
    expect(rows).toEqual([
      ['stuck', 6, 3],
      ['current', 2, 2],
      ['older', 3, 2],
      ['none', 1, 1],
    ])
  })
})
