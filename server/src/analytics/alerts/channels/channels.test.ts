import { setTimeout } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type AlertRoutes, openAlertRoutes } from '../alert-routes.fixture.ts'
import { addApp, addChannel, addRule, ruleInput } from '../alerts.fixture.ts'
import { startReceiver, type TestReceiver } from '../receiver.fixture.ts'
import { refuseUnknownChannels } from '../rules/refuse-unknown-channels.ts'

let routes: AlertRoutes
let receiver: TestReceiver
beforeAll(async () => {
  routes = await openAlertRoutes()
  receiver = await startReceiver()
  await addApp(routes.db, 'storefront', { kind: 'template' })
  await addApp(routes.db, 'shop', { extends: 'storefront' })
  await addApp(routes.db, 'radio')
})
afterAll(async () => {
  await routes.close()
  await receiver.close()
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
describe('channels', () => {
  const webhook = (name: string, more: object = {}) => ({
    name,
    kind: 'webhook',
    url: `${receiver.url}/secret/path`,
    ...more,
  })

  it('tell their secret once, and where they lead never whole', async () => {
    const made = await ask('POST', '/channels', { body: webhook('a') })
    expect(made).toMatchObject({
      status: 201,
      body: {
        kind: 'webhook',
        receiver: `${receiver.url}/…`,
        secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/),
      },
    })
    const all = [
      await ask('GET', '/channels/a'),
      await ask('GET', '/channels'),
      await ask('PATCH', '/channels/a', { body: { note: 'x' } }),
    ]
    const told = JSON.stringify([all.map(({ body }) => body), await audited()])
    expect(told).not.toMatch(/whsec_|secret\/path/)
    expect(
      await ask('POST', '/channels', { body: { name: 's', kind: 'slack', url: receiver.url } }),
    ).toMatchObject({ body: { secret: null } })
  })

  it('get a new secret, and sign with both for a day', async () => {
    const { body: made } = await ask('POST', '/channels', { body: webhook('a') })
    const { status, body: renewed } = await ask('POST', '/channels/a/secret')
    expect(status).toBe(201)
    expect(renewed.secret).not.toBe(made.secret)
    receiver.received.length = 0
    expect(await ask('POST', '/channels/a/test')).toMatchObject({
      status: 200,
      body: { isDelivered: true, answer: 'HTTP 200: ok', tookMs: expect.any(Number) },
    })
    expect(receiver.received[0]?.headers['webhook-signature']).toMatch(/^v1,\S+ v1,\S+$/)
    expect(JSON.parse(receiver.received[0]?.text ?? '')).toMatchObject({ type: 'alert.test' })
    expect((await audited())[0]).toMatchObject({ action: 'alert-channel.secret', target: 'a' })
  })

  it('say what the receiver of a test said, also where that is no', async () => {
    await ask('POST', '/channels', { body: webhook('a') })
    receiver.answers.push({ status: 403, body: 'invalid_token' })
    expect((await ask('POST', '/channels/a/test')).body).toMatchObject({
      isDelivered: false,
      answer: 'HTTP 403: invalid_token',
    })
    await ask('PATCH', '/channels/a', { body: { url: 'http://10.0.0.1/' } })
    expect((await ask('POST', '/channels/a/test')).body).toMatchObject({
      ...{ isDelivered: false, answer: expect.stringContaining('no public address') },
    })
  })

  it('are changed and removed, but not while a rule names them', async () => {
    const { headers } = await ask('POST', '/channels', { body: webhook('a') })
    await ask('POST', '/rules', { body: rule('r', { channels: ['a'] }) })
    expect(await ask('DELETE', '/channels/a')).toMatchObject({ status: 409, code: 'alert_channel_in_use' })
    await ask('DELETE', '/rules/r')
    const changed = await ask('PATCH', '/channels/a', {
      body: {
        isDefault: false,
        leastSeverity: 'critical',
        isEnabled: false,
        note: 'x',
        url: 'https://example.com/x',
      },
      headers: { 'if-match': headers.get('etag') ?? '' },
    })
    expect(changed.body).toMatchObject({
      ...{
        isDefault: false,
        leastSeverity: 'critical',
        isEnabled: false,
        note: 'x',
        receiver: 'https://example.com/…',
      },
    })
    expect(await ask('DELETE', '/channels/a', { headers: { 'if-match': '"1"' } })).toMatchObject({
      status: 412,
    })
    expect(await ask('DELETE', '/channels/a')).toMatchObject({ status: 200, body: { name: 'a' } })
    expect((await audited())[0]).toMatchObject({ action: 'alert-channel.remove', after: null })
  })

  it('are not removed while a rule is made that names them', async () => {
    await addChannel(routes.db, 'named')
    const removal = await routes.db.transaction().execute(async (db) => {
      const { channels } = ruleInput({ channels: ['named'] })
      await refuseUnknownChannels(db, channels)
      const removing = ask('DELETE', '/channels/named')
      await Promise.race([removing, setTimeout(100)])
      await addRule(db, { channels })
      return { removing }
    })
    expect(await removal.removing).toMatchObject({ status: 409, code: 'alert_channel_in_use' })
  })

  it.each<[string, string, string, object | undefined, number, string]>([
    [
      'a name that is taken',
      'POST',
      '/channels',
      { kind: 'slack', name: 'taken', url: 'https://example.com' },
      409,
      'alert_channel_exists',
    ],
    [
      'mail without a mail server',
      'POST',
      '/channels',
      { kind: 'email', name: 'a', to: ['a@example.com'] },
      409,
      'mail_not_configured',
    ],
    [
      'a URL with a password',
      'POST',
      '/channels',
      { kind: 'slack', name: 'a', url: 'https://a:b@example.com' },
      422,
      'invalid_field',
    ],
    ['a pigeon', 'POST', '/channels', { kind: 'pigeon', name: 'a' }, 422, 'invalid_field'],
    [
      'a URL of mail',
      'POST',
      '/channels',
      { kind: 'email', name: 'a', to: ['a@example.com'], url: 'https://example.com' },
      422,
      'unknown_field',
    ],
    ['addresses of a webhook', 'PATCH', '/channels/taken', { to: ['a@example.com'] }, 422, 'invalid_field'],
    [
      'a channel that there is not',
      'PATCH',
      '/channels/none',
      { note: null },
      404,
      'alert_channel_not_found',
    ],
    ['to read one', 'GET', '/channels/none', undefined, 404, 'alert_channel_not_found'],
    ['to be rid of one', 'DELETE', '/channels/none', undefined, 404, 'alert_channel_not_found'],
    ['to test one', 'POST', '/channels/none/test', undefined, 404, 'alert_channel_not_found'],
    ['a secret of one', 'POST', '/channels/none/secret', undefined, 404, 'alert_channel_not_found'],
    ['a secret of Slack', 'POST', '/channels/slack/secret', undefined, 422, 'invalid_field'],
  ])('refuse whoever asks for %s', async (_, method, path, body, status, code) => {
    await addChannel(routes.db, 'taken')
    await addChannel(routes.db, 'slack', { kind: 'slack' })
    expect(await ask(method, path, body ? { body } : {})).toMatchObject({ status, code })
  })

  it('are as many as there may be, and only for administrators of the whole fleet', async () => {
    for (let n = 0; n < 100; n += 1) await addChannel(routes.db, `c${n}`)
    expect(await ask('POST', '/channels', { body: webhook('more') })).toMatchObject({
      status: 409,
      code: 'too_many_to_watch',
    })
    for (const actor of [{ role: 'publisher' as const }, shopOnly]) {
      routes.as(actor)
      for (const [method, path, body] of [
        ['POST', '/channels', webhook('x')],
        ['PATCH', '/channels/c1', { note: 'x' }],
        ['DELETE', '/channels/c1', undefined],
        ['POST', '/channels/c1/test', undefined],
        ['POST', '/channels/c1/secret', undefined],
      ] as const)
        expect(await ask(method, path, body ? { body } : {})).toMatchObject({
          status: 403,
          code: 'forbidden',
        })
    }
    expect(await ask('GET', '/channels')).toMatchObject({ status: 403 })
    expect(await ask('GET', '/channels/c1')).toMatchObject({ status: 403 })
    expect(await ask('GET', '/deliveries')).toMatchObject({ status: 403 })
  })
})
