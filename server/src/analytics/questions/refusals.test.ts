import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApp } from '../rollups/rollups.fixture.ts'
import { openQuestions, type Questions } from './questions.fixture.ts'

describe('a question is refused', () => {
  let questions: Questions
  let appId: string
  beforeAll(async () => {
    questions = await openQuestions()
    appId = await createApp(questions.db)
  })
  afterAll(() => questions?.close())

  it.each([
    ['timeZone', { timeZone: 'Mars/Base' }, 'there is no time zone Mars/Base'],
    ['timeZone', { timeZone: '2026-01-01T00:00Z' }, 'there is no time zone'],
    ['from', { from: '2026-11-02', to: '2026-11-01' }, 'before `to`'],
    ['from', { from: '2999-01-01' }, 'in the future'],
    ['from', { from: '2026-02-30' }, 'real date'],
    ['interval', { from: '2020-01-01', interval: 'hour' }, 'more than 5000 intervals'],
    ['interval', { interval: 'year' }, ''],
    ['limit', { limit: 0 }, ''],
    ['limit', { limit: 5_001 }, ''],
    ['groupBy', { groupBy: 'bucket' }, ''],
    ['format', { format: 'xml' }, ''],
  ])('with 400 that names %s', async (parameter, query, detail) => {
    const { status, body } = await questions.ask(appId, 'usage', query)
    expect([status, body.code, body.errors?.[0]?.parameter]).toEqual([400, 'invalid_parameter', parameter])
    expect(body.detail).toContain(detail)
  })

  it('with 400 for parameters that it does not have, and cursors that are not from here', async () => {
    expect((await questions.ask(appId, 'usage', { groupby: 'platform' })).body.code).toBe('unknown_parameter')
    expect((await questions.ask(appId, 'top', { interval: 'day' })).status).toBe(400)
    const forged = [
      [1, 2],
      [2, 1, 0, ''],
      [0, 1, 0.5, ''],
      [0, 1, 9e15, ''],
      [0, 8e15, 0, ''],
      [0, 1, 0, '', 1],
      'x',
    ]
    for (const cursor of [
      '%%%',
      ...forged.map((key) => Buffer.from(JSON.stringify(JSON.stringify(key))).toString('base64url')),
    ]) {
      const { status, body } = await questions.ask(appId, 'usage', { cursor })
      expect([status, body.code]).toEqual([400, 'invalid_cursor'])
    }
  })

  it('with 400 for an event’s properties without its name, or both ways at once', async () => {
    const property = await questions.ask(appId, 'events', { property: 'screen' })
    expect([property.status, property.body.errors[0].parameter]).toEqual([400, 'event'])
    const both = await questions.ask(appId, 'events', { event: 'a', property: 'b', groupBy: 'platform' })
    expect([both.status, both.body.errors[0].parameter]).toEqual([400, 'groupBy'])
  })

  it('with 404 for an app or template that is not there', async () => {
    expect((await questions.ask('nobody', 'usage')).body.code).toBe('app_not_found')
    expect((await questions.askFleet('usage', { template: 'nobody' })).body.code).toBe('app_not_found')
  })

  it('with 403 to a token that is for other apps, or for some apps alone', async () => {
    questions.as({ scope: { appIds: ['other'], labels: null } })
    expect((await questions.ask(appId, 'usage')).status).toBe(403)
    expect((await questions.askFleet('usage')).status).toBe(403)
    expect((await questions.get('/manage/v1/analytics/usage/keys')).status).toBe(403)
    expect((await questions.get('/manage/v1/analytics/storage')).status).toBe(403)
    questions.as({ scope: { appIds: [appId], labels: null } })
    expect((await questions.ask(appId, 'usage')).status).toBe(200)
    questions.as({})
  })

  it('with 503 while the database is away', async () => {
    const away = await openQuestions()
    await away.close()
    const { status, body } = await away.askFleet('usage')
    expect([status, body.code]).toEqual([503, 'store_unavailable'])
  })
})
