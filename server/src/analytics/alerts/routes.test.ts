import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type AlertRoutes, openAlertRoutes } from './alert-routes.fixture.ts'
import { addApp, addChannel, addRule, lookAt, measured } from './alerts.fixture.ts'

let routes: AlertRoutes
beforeAll(async () => {
  routes = await openAlertRoutes()
  await addApp(routes.db, 'storefront', { kind: 'template' })
  await addApp(routes.db, 'shop', { extends: 'storefront' })
  await addApp(routes.db, 'radio')
})
afterAll(async () => {
  await routes.close()
})
beforeEach(async () => {
  for (const table of ['alert_rules', 'alert_channels', 'alert_silences', 'alerts'] as const)
    await routes.db.deleteFrom(table).execute()
})
afterEach(() => routes.as({}))

const ask: AlertRoutes['ask'] = (...asked) => routes.ask(...asked)
const shopOnly = { scope: { appIds: ['shop'], labels: null } }
describe('alerts and messages', () => {
  it('are listed by state, rule and app, in pages, for whom they are', async () => {
    await addChannel(routes.db, 'on-call')
    const firing = async (name: string, given: object) => {
      await addRule(routes.db, { name, forSeconds: 0, ...given })
      await lookAt(routes.db, name, { now: Date.now(), measure: measured({ '': 1 }) })
    }
    await firing('of-shop', {})
    await firing('of-radio', { scope: { kind: 'app', appId: 'radio' } })
    await firing('of-fleet', { scope: { kind: 'fleet' } })
    await addRule(routes.db, { name: 'waits' })
    await lookAt(routes.db, 'waits', { now: Date.now(), measure: measured({ '': 1 }) })
    const rules = async (query: string) =>
      (await ask('GET', query)).body.items.map(({ rule: name }: { rule: string }) => name)
    expect(await rules('')).toEqual(['waits', 'of-fleet', 'of-radio', 'of-shop'])
    expect(await rules('?state=firing')).toEqual(['of-fleet', 'of-radio', 'of-shop'])
    expect(await rules('?state=pending')).toEqual(['waits'])
    expect(await rules('?appId=radio')).toEqual(['of-radio'])
    const page = await ask('GET', '?limit=2')
    expect(await rules(`?cursor=${page.body.nextCursor}`)).toEqual(['of-radio', 'of-shop'])
    const deliveries = await ask('GET', '/deliveries?channel=on-call&state=waiting&limit=2')
    expect(deliveries.body).toMatchObject({
      items: [
        { rule: 'of-fleet', kind: 'firing', attempts: 0, alertIds: [expect.any(Number)] },
        { rule: 'of-radio' },
      ],
      nextCursor: expect.any(String),
    })
    expect((await ask('GET', '/deliveries?state=sent')).body.items).toEqual([])
    routes.as({ ...shopOnly, role: 'viewer' })
    expect(await rules('')).toEqual(['waits', 'of-fleet', 'of-shop'])
    expect(await ask('GET', '?state=loud')).toMatchObject({ status: 400, code: 'invalid_parameter' })
    expect(await ask('PUT', '/rules')).toMatchObject({ status: 405, code: 'method_not_allowed' })
  })
})

it('changes without If-Match are refused where a deployment wants it', async () => {
  const strict = await openAlertRoutes({ requireIfMatch: true })
  try {
    await addChannel(strict.db, 'a')
    await addRule(strict.db, { name: 'a', scope: { kind: 'fleet' } })
    for (const [method, path, body] of [
      ['PATCH', '/rules/a', { note: 'x' }],
      ['DELETE', '/rules/a', undefined],
      ['PATCH', '/channels/a', { note: 'x' }],
      ['DELETE', '/channels/a', undefined],
    ] as const)
      expect(await strict.ask(method, path, body ? { body } : {})).toMatchObject({
        status: 428,
        code: 'precondition_required',
      })
    expect(await strict.ask('DELETE', '/channels/a', { headers: { 'if-match': '*' } })).toMatchObject({
      status: 200,
    })
  } finally {
    await strict.close()
  }
})
