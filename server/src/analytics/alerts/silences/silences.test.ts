import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type AlertRoutes, openAlertRoutes } from '../alert-routes.fixture.ts'
import { addApp } from '../alerts.fixture.ts'

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
const audited = () =>
  routes.db
    .selectFrom('audit_log')
    .select(['action', 'app_id', 'target', 'before', 'after'])
    .orderBy('id', 'desc')
    .execute()
const shopOnly = { scope: { appIds: ['shop'], labels: null } }
describe('silences', () => {
  const until = '2999-01-01T00:00:00Z'

  it('are made, listed and ended, each with its row in the audit log', async () => {
    const made = await ask('POST', '/silences', { body: { appId: 'shop', until, reason: 'The move' } })
    expect(made).toMatchObject({
      status: 201,
      body: { rule: null, appId: 'shop', isActive: true, actor: 'ann', weekly: null },
    })
    const window = { days: ['sun'], at: '02:00', minutes: 60, timeZone: 'Europe/Berlin' }
    const later = await ask('POST', '/silences', {
      body: { from: '2998-01-01', weekly: window, reason: 'x' },
    })
    expect(later.body).toMatchObject({ isActive: false, weekly: window, until: null })
    const { silenceId } = made.body
    expect(await ask('DELETE', `/silences/${silenceId}`)).toMatchObject({
      status: 200,
      body: { isActive: false, endedBy: 'ann' },
    })
    expect(await ask('DELETE', `/silences/${silenceId}`)).toMatchObject({
      status: 409,
      code: 'already_decided',
    })
    const ids = async (query: string) =>
      (await ask('GET', `/silences${query}`)).body.items.map((each: { silenceId: number }) => each.silenceId)
    expect(await ids('')).toEqual([later.body.silenceId, silenceId])
    expect(await ids('?open=true')).toEqual([later.body.silenceId])
    expect(await ids('?open=false')).toEqual([silenceId])
    expect((await audited()).slice(0, 3)).toMatchObject([
      { action: 'alert-silence.end', app_id: 'shop', target: String(silenceId) },
      { action: 'alert-silence.create', app_id: null },
      { action: 'alert-silence.create', app_id: 'shop', before: null },
    ])
  })

  it.each<[string, string, string, object | undefined, number, string]>([
    // The second is one that Intl has, and Temporal has not.
    ...['Mars/Base', 'SystemV/AST4', ''].map((timeZone): [string, string, string, object, number, string] => [
      `the time zone ${timeZone}`,
      'POST',
      '/silences',
      { weekly: { days: ['sun'], at: '02:00', minutes: 60, timeZone }, reason: 'x' },
      422,
      'invalid_field',
    ]),
    [
      'a rule that there is not',
      'POST',
      '/silences',
      { rule: 'none', until, reason: 'x' },
      404,
      'alert_rule_not_found',
    ],
    [
      'an app that there is not',
      'POST',
      '/silences',
      { appId: 'none', until, reason: 'x' },
      404,
      'app_not_found',
    ],
    ['an end that is past', 'POST', '/silences', { until: '2020-01-01', reason: 'x' }, 422, 'invalid_date'],
    ['no end', 'POST', '/silences', { reason: 'x' }, 422, 'invalid_field'],
    ['no reason', 'POST', '/silences', { until }, 422, 'missing_field'],
    ['one that there is not', 'DELETE', '/silences/4711', undefined, 404, 'alert_silence_not_found'],
    ['a number that is none', 'DELETE', '/silences/x', undefined, 400, 'invalid_parameter'],
  ])('refuse whoever asks for %s', async (_, method, path, body, status, code) => {
    expect(await ask(method, path, body ? { body } : {})).toMatchObject({ status, code })
  })

  it('about one app are those of its tokens, and as many as there may be', async () => {
    const { body: ofFleet } = await ask('POST', '/silences', { body: { until, reason: 'x' } })
    const { body: ofRadio } = await ask('POST', '/silences', { body: { appId: 'radio', until, reason: 'x' } })
    routes.as({ ...shopOnly, role: 'publisher' })
    expect(await ask('POST', '/silences', { body: { appId: 'shop', until, reason: 'x' } })).toMatchObject({
      status: 201,
    })
    expect(await ask('POST', '/silences', { body: { until, reason: 'x' } })).toMatchObject({ status: 403 })
    expect(await ask('POST', '/silences', { body: { appId: 'radio', until, reason: 'x' } })).toMatchObject({
      status: 403,
    })
    for (const { silenceId } of [ofFleet, ofRadio])
      expect(await ask('DELETE', `/silences/${silenceId}`)).toMatchObject({ status: 403 })
    expect((await ask('GET', '/silences')).body.items.map((each: { appId: string }) => each.appId)).toEqual([
      'shop',
      null,
    ])
    routes.as({})
    const silence = {
      starts_at: new Date(),
      ends_at: new Date(until),
      reason: 'x',
      actor: 'a',
      rule: null,
      app_id: null,
    }
    await routes.db
      .insertInto('alert_silences')
      .values(Array.from({ length: 1_000 }, () => silence))
      .execute()
    expect(await ask('POST', '/silences', { body: { until, reason: 'x' } })).toMatchObject({
      status: 409,
      code: 'too_many_to_watch',
    })
  })
})
