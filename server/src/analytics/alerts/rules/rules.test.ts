import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type AlertRoutes, openAlertRoutes } from '../alert-routes.fixture.ts'
import { addApp, addChannel, addRule, lookAt, measured, messagesOf, ruleInput } from '../alerts.fixture.ts'

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
const rule = (name: string, more: object = {}) => ({
  name,
  on: { question: 'errors', measure: 'rate' },
  condition: { kind: 'threshold', above: 0.01 },
  ...more,
})
const ofShop = { scope: { kind: 'app', appId: 'shop' } }

describe('rules', () => {
  it('are made, read, listed, changed and removed, each with its row in the audit log', async () => {
    const made = await ask('POST', '/rules', { body: rule('a', { ...ofShop, note: 'Call Ann' }) })
    expect(made).toMatchObject({
      status: 201,
      body: {
        ...{ name: 'a', on: { question: 'errors', measure: 'rate', status: '5xx' }, scope: ofShop.scope },
        condition: { kind: 'threshold', above: 0.01, overSeconds: 300 },
        ...{ minimumCount: 0, forSeconds: 60, resolveAfterSeconds: 300, channels: null, severity: 'warning' },
        ...{ isEnabled: true, note: 'Call Ann', evaluatedAt: null, lastError: null },
      },
    })
    expect(made.headers.get('location')).toBe('/manage/v1/alerts/rules/a')
    const etag = made.headers.get('etag') ?? ''
    expect((await ask('GET', '/rules/a')).headers.get('etag')).toBe(etag)
    await ask('POST', '/rules', { body: rule('b') })
    const first = await ask('GET', '/rules?limit=1')
    expect(first.body.items).toMatchObject([{ name: 'a' }])
    const second = await ask('GET', `/rules?cursor=${first.body.nextCursor}`)
    expect(second.body).toMatchObject({ items: [{ name: 'b' }], nextCursor: null })
    const changed = await ask('PATCH', '/rules/a', {
      body: { severity: 'critical' },
      headers: { 'if-match': etag },
    })
    expect(changed).toMatchObject({ status: 200, body: { severity: 'critical', note: 'Call Ann' } })
    const stale = await ask('PATCH', '/rules/a', {
      body: { severity: 'info' },
      headers: { 'if-match': etag },
    })
    expect(stale).toMatchObject({ status: 412, code: 'revision_mismatch' })
    expect(await ask('DELETE', '/rules/a')).toMatchObject({ status: 200, body: { name: 'a' } })
    expect((await audited()).slice(0, 4)).toMatchObject([
      {
        action: 'alert-rule.remove',
        app_id: 'shop',
        target: 'a',
        before: { severity: 'critical' },
        after: null,
      },
      { action: 'alert-rule.change', before: { severity: 'warning' }, after: { severity: 'critical' } },
      { action: 'alert-rule.create', app_id: null, target: 'b' },
      { action: 'alert-rule.create', app_id: 'shop', target: 'a', before: null },
    ])
  })

  it('are made once with an Idempotency-Key', async () => {
    const headers = { 'idempotency-key': 'once-a' }
    const [one, two] = [
      await ask('POST', '/rules', { body: rule('a'), headers }),
      await ask('POST', '/rules', { body: rule('a'), headers }),
    ]
    expect([one.status, two.status]).toEqual([201, 201])
    expect(two.headers.get('idempotency-replayed')).toBe('true')
    expect(await ask('POST', '/rules', { body: rule('b'), headers })).toMatchObject({
      status: 422,
      code: 'idempotency_key_reused',
    })
  })

  it('end their alerts, and tell so, where they watch something else, are off, or gone', async () => {
    await addChannel(routes.db, 'on-call')
    const endedBy = async (name: string, end: () => Promise<unknown>) => {
      await addRule(routes.db, { name, forSeconds: 0 })
      await lookAt(routes.db, name, { now: Date.now(), measure: measured({ '': 1 }) })
      await end()
      const { body } = await ask('GET', `/?state=all&rule=${name}`.replace('/?', '?'))
      expect((await messagesOf(routes.db, name)).map(({ kind }) => kind)).toEqual(['firing', 'resolved'])
      return body.items.map((alert: { state: string; resolvedBecause: string }) => [
        alert.state,
        alert.resolvedBecause,
      ])
    }
    const patch = (name: string, body: object) => () => ask('PATCH', `/rules/${name}`, { body })
    expect(await endedBy('a', patch('a', { minimumCount: 5 }))).toEqual([['resolved', 'ruleChanged']])
    expect(await endedBy('b', patch('b', { isEnabled: false }))).toEqual([['resolved', 'ruleChanged']])
    expect(await endedBy('c', () => ask('DELETE', '/rules/c'))).toEqual([['resolved', 'ruleRemoved']])
    // What is only told otherwise goes on.
    await addRule(routes.db, { name: 'd', forSeconds: 0 })
    await lookAt(routes.db, 'd', { now: Date.now(), measure: measured({ '': 1 }) })
    const { on, scope, condition } = ruleInput()
    await ask('PATCH', '/rules/d', { body: { on, scope, condition, note: 'x', severity: 'info' } })
    expect((await ask('GET', '?rule=d')).body.items).toMatchObject([{ state: 'firing' }])
  })

  it.each<[string, string, string, object | undefined, number, string]>([
    [
      'an app that there is not',
      'POST',
      '/rules',
      rule('a', { scope: { kind: 'app', appId: 'none' } }),
      404,
      'app_not_found',
    ],
    [
      'a template that is none',
      'POST',
      '/rules',
      rule('a', { scope: { kind: 'template', appId: 'shop' } }),
      404,
      'app_not_found',
    ],
    [
      'each app below one that is none',
      'POST',
      '/rules',
      rule('a', { scope: { kind: 'eachApp', template: 'radio' } }),
      404,
      'app_not_found',
    ],
    [
      'a channel that there is not',
      'POST',
      '/rules',
      rule('a', { channels: ['none'] }),
      404,
      'alert_channel_not_found',
    ],
    ['a name that is taken', 'POST', '/rules', rule('taken'), 409, 'alert_rule_exists'],
    [
      'a question that there is not',
      'POST',
      '/rules',
      rule('a', { on: { question: 'mood' } }),
      422,
      'invalid_field',
    ],
    ['no question', 'POST', '/rules', { name: 'a', condition: { kind: 'absence' } }, 422, 'missing_field'],
    ['a field that there is not', 'POST', '/rules', rule('a', { colour: 'red' }), 422, 'unknown_field'],
    [
      'what is wrong as a whole',
      'PATCH',
      '/rules/taken',
      { condition: { kind: 'absence' } },
      422,
      'invalid_field',
    ],
    ['nothing', 'PATCH', '/rules/taken', {}, 422, 'invalid_field'],
    [
      'a channel that there is not, later',
      'PATCH',
      '/rules/taken',
      { channels: ['none'] },
      404,
      'alert_channel_not_found',
    ],
    ['a rule that there is not', 'PATCH', '/rules/none', { note: null }, 404, 'alert_rule_not_found'],
    ['to be rid of one', 'DELETE', '/rules/none', undefined, 404, 'alert_rule_not_found'],
    ['to read one', 'GET', '/rules/none', undefined, 404, 'alert_rule_not_found'],
    ['a name that is none', 'GET', '/rules/No-Name', undefined, 400, 'invalid_parameter'],
    ['a cursor of its own', 'GET', '/rules?cursor=x', undefined, 400, 'invalid_cursor'],
    ['a parameter of its own', 'GET', '/rules?colour=red', undefined, 400, 'unknown_parameter'],
  ])('refuse whoever asks for %s', async (_, method, path, body, status, code) => {
    await ask('POST', '/rules', { body: rule('taken') })
    expect(await ask(method, path, body ? { body } : {})).toMatchObject({ status, code })
  })

  it('are as many as there may be', async () => {
    const values = Array.from({ length: 500 }, (_, n) => ({
      name: `r${n}`,
      definition: '{"isEnabled": false}',
    }))
    await routes.db.insertInto('alert_rules').values(values).execute()
    expect(await ask('POST', '/rules', { body: rule('one-more') })).toMatchObject({
      status: 409,
      code: 'too_many_to_watch',
    })
  })

  it('about one app are those of its tokens, all others of tokens for the whole fleet', async () => {
    for (const body of [rule('fleet'), rule('radio', { scope: { kind: 'app', appId: 'radio' } })])
      await ask('POST', '/rules', { body })
    routes.as({ ...shopOnly, role: 'publisher' })
    expect(await ask('POST', '/rules', { body: rule('mine', ofShop) })).toMatchObject({ status: 201 })
    expect(await ask('POST', '/rules', { body: rule('x') })).toMatchObject({ status: 403, code: 'forbidden' })
    expect(
      await ask('POST', '/rules', { body: rule('x', { scope: { kind: 'app', appId: 'radio' } }) }),
    ).toMatchObject({ status: 403 })
    expect(await ask('PATCH', '/rules/mine', { body: { scope: { kind: 'fleet' } } })).toMatchObject({
      status: 403,
    })
    expect(await ask('PATCH', '/rules/fleet', { body: { note: 'x' } })).toMatchObject({ status: 403 })
    expect(await ask('DELETE', '/rules/radio')).toMatchObject({ status: 403 })
    expect((await ask('GET', '/rules')).body.items.map(({ name }: { name: string }) => name)).toEqual([
      'fleet',
      'mine',
    ])
    expect(await ask('GET', '/rules/radio')).toMatchObject({ status: 404 })
    routes.as({ role: 'viewer' })
    expect(await ask('POST', '/rules', { body: rule('x') })).toMatchObject({ status: 403 })
    expect(await ask('GET', '/rules/radio')).toMatchObject({ status: 200 })
  })
})
