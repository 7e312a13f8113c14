import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { lengthMs, startOf } from '../rollups/levels.ts'
import { createApp, foldAll, makeAll, ship, tallyOf } from '../rollups/rollups.fixture.ts'
import { openQuestions, type Questions } from './questions.fixture.ts'

const yesterday = startOf('day', Date.now() - lengthMs.day)

// What databases take for a date, and how many parameters, differs between them.
describe.each([0, 1] as const)('a question about all that ever was, in database %i', (kind) => {
  let questions: Questions
  let appId: string
  beforeAll(async () => {
    questions = await openQuestions(kind)
    appId = await createApp(questions.db)
    await ship(questions.db, [
      { appId, at: yesterday, tally: tallyOf([{ bucket: 1, revision: '1', held: '1' }]) },
    ])
    await foldAll(questions.db)
    await makeAll(questions.db)
  })
  afterAll(() => questions?.close())
  const ever = { from: '0001-01-01', interval: 'total', timeZone: 'Pacific/Kiritimati' }

  it.each([
    ['usage', 'requests'],
    ['adoption', 'requests'],
    ['errors', 'requests'],
    ['latency', 'requests'],
    ['cache', 'requests'],
    ['devices', 'devices'],
    ['top', 'devices'],
  ])('%s: is answered of what is kept, and says so', async (question, column) => {
    for (const ask of [questions.ask(appId, question, ever), questions.askFleet(question, ever)]) {
      const { status, body } = await ask
      expect([status, body.rows[0]?.[column]]).toEqual([200, 1])
      expect(body.notes).toContainEqual(expect.stringContaining('Nothing is kept of before'))
    }
  })

  it('stuck and events: nothing of it, of that app', async () => {
    for (const question of ['stuck', 'events']) {
      const { body } = await questions.ask(appId, question, ever)
      expect(body.rows.filter(({ group }: { group: string | null }) => group !== null)).toEqual([])
    }
  })

  it('has no rows of a time of which nothing is kept', async () => {
    const { status, body } = await questions.askFleet('devices', {
      from: '0001-01-01',
      to: '2001-01-01',
      interval: 'month',
    })
    expect([status, body.rows, body.nextCursor]).toEqual([200, [], null])
  })

  it('refuses a day that no calendar has, of usage too', async () => {
    expect((await questions.get('/manage/v1/analytics/usage/apps?from=0000-01-01')).status).toBe(400)
  })
})
