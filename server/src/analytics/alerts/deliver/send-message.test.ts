import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it, test } from 'vitest'
import { networksOf } from '../../../platform/http/networks.ts'
import { startMailServer, type TestMailServer } from '../mail-server.fixture.ts'
import { messageOf } from '../message.fixture.ts'
import { type Answering, startReceiver, type TestReceiver } from '../receiver.fixture.ts'
import { openMailer, type SendMail } from './send-mail.ts'
import { type Receiving, type Sending, sendMessage } from './send-message.ts'

let receiver: TestReceiver
let mailServer: TestMailServer
let sendMail: SendMail
beforeAll(async () => {
  receiver = await startReceiver()
  mailServer = await startMailServer()
  sendMail = openMailer({
    smtpUrl: mailServer.url.replace('smtp://', 'smtp://ann:p%40ss%20word@'),
    from: 'Parasol <parasol@example.com>',
  })
})
afterAll(() => Promise.all([receiver.close(), mailServer.close()]))
afterEach(() => {
  receiver.received.length = 0
  receiver.answers.length = 0
  mailServer.mails.length = 0
})

const sending = (more: Partial<Sending['outside']> = {}): Sending => ({
  outside: { allowed: networksOf(['127.0.0.1']), ...more },
  sendMail,
  closing: new AbortController().signal,
})
const at = (path: string, more: Partial<Receiving> = {}): Receiving => ({
  ...{ kind: 'webhook', secrets: [], receiver: { url: receiver.url + path }, ...more },
})
const id = 'msg_2KWPBgLlAfxdpx2AI54pPJ85f4W'
const send = (channel: Receiving, message = messageOf(), given = sending()) =>
  sendMessage(channel, { id, message }, given)

describe('a webhook', () => {
  const [older, newer] = ['whsec_b2xkZXI=', 'whsec_bmV3ZXI='] as const

  it('is signed as Standard Webhooks wants it, by each secret that counts', async () => {
    const secrets = [
      { secret: newer, until: null },
      { secret: older, until: '2999-01-01T00:00:00.000Z' },
      { secret: 'whsec_cGFzdA==', until: '2020-01-01T00:00:00.000Z' },
    ]
    const outcome = await send(at('/hook?team=a', { secrets }))
    expect(outcome).toEqual({ verdict: 'sent', answer: 'HTTP 200: ok', restMs: 0 })
    const [{ path, headers, text } = { path: '', headers: {}, text: '' }] = receiver.received
    expect(path).toBe('/hook?team=a')
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      host: new URL(receiver.url).host,
      'webhook-id': id,
    })
    const signed = `${id}.${headers['webhook-timestamp']}.${text}`
    const signatures = [newer, older].map((secret) => {
      const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
      return `v1,${createHmac('sha256', key).update(signed).digest('base64')}`
    })
    expect(headers['webhook-signature']).toBe(signatures.join(' '))
    expect(Math.abs(Number(headers['webhook-timestamp']) - Date.now() / 1_000)).toBeLessThan(60)
    const { kind, at: timestamp, ...data } = messageOf()
    expect(JSON.parse(text)).toEqual({ type: `alert.${kind}`, timestamp, data })
  })

  it('has the signature that the specification’s example has', async () => {
    const { signWebhook } = await import('./sign-webhook.ts')
    const at = new Date(1_614_265_330_000)
    const secrets = [{ secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', until: null }]
    const headers = signWebhook(
      { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', at, body: '{"test": 2432232314}' },
      secrets,
    )
    expect(headers['webhook-signature']).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=')
  })

  test.each<[Answering, string, string, number]>([
    [{ status: 204 }, 'sent', 'HTTP 204', 0],
    [{ status: 302, headers: { location: 'http://127.0.0.1:9/' } }, 'later', 'HTTP 302', 0],
    [{ status: 400, body: 'invalid\r\n\tpayload\0' }, 'never', 'HTTP 400: invalid payload', 0],
    [{ status: 404 }, 'later', 'HTTP 404', 0],
    [{ status: 410 }, 'never', 'HTTP 410', 0],
    [{ status: 429, headers: { 'retry-after': '30' } }, 'later', 'HTTP 429', 30_000],
    [{ status: 503, headers: { 'retry-after': '999999' } }, 'later', 'HTTP 503', 3_600_000],
    [{ status: 503, headers: { 'retry-after': 'soon' } }, 'later', 'HTTP 503', 0],
  ])('that is answered %j is %s', async (answering, verdict, answer, restMs) => {
    receiver.answers.push(answering)
    expect(await send(at('/'))).toEqual({ verdict, answer, restMs })
    // Nothing is asked twice, and no redirect is followed.
    expect(receiver.received).toHaveLength(1)
  })

  it('waits for no receiver for ever', async () => {
    receiver.answers.push('silent')
    const outcome = await send(at('/'), messageOf(), sending({ withinMs: 200 }))
    expect(outcome).toMatchObject({
      verdict: 'later',
      answer: expect.stringMatching(/no answer|silent|timeout/i),
    })
  })

  it('reads no more of an answer than a person would', async () => {
    receiver.answers.push('endless', { status: 200, body: 'y'.repeat(5_000_000) })
    expect((await send(at('/'))).answer).toHaveLength('HTTP 200: '.length + 200)
    expect((await send(at('/'))).answer).toHaveLength('HTTP 200: '.length + 200)
  })

  it('tells why a receiver could not be asked', async () => {
    expect(await send(at('', { receiver: { url: 'http://127.0.0.1:9/' } }))).toMatchObject({
      ...{ verdict: 'later', answer: 'the receiver is unreachable (ECONNREFUSED)' },
    })
    const https = receiver.url.replace('http:', 'https:')
    expect(await send(at('', { receiver: { url: https } }))).toMatchObject({ verdict: 'later' })
  })

  it('is sent to another address of its name where there is no connection to the first', async () => {
    const { port } = new URL(receiver.url)
    const channel = at('', { receiver: { url: `http://alerts.example.com:${port}/` } })
    const given = sending({
      resolve: async () => ['127.0.0.9', '127.0.0.1'],
      allowed: networksOf(['loopback']),
    })
    expect(await send(channel, messageOf(), given)).toMatchObject({ verdict: 'sent' })
    const away = sending({
      resolve: async () => ['127.0.0.9', '127.0.0.8'],
      allowed: networksOf(['loopback']),
    })
    expect(await send(channel, messageOf(), away)).toMatchObject({ verdict: 'later' })
    expect(receiver.received).toHaveLength(1)
  })

  it('connects to the address that was judged, whatever the name leads to a moment later', async () => {
    const { port } = new URL(receiver.url)
    const channel = at('', { receiver: { url: `http://alerts.example.com:${port}/` } })
    const answers = [['127.0.0.1'], ['169.254.169.254']]
    const resolve = async () => answers.shift() ?? ['169.254.169.254']
    expect(await send(channel, messageOf(), sending({ resolve }))).toMatchObject({ verdict: 'sent' })
    expect(receiver.received[0]?.headers.host).toBe(`alerts.example.com:${port}`)
    const refused = await send(channel, messageOf(), sending({ resolve }))
    expect(refused.answer).toMatch(/169\.254\.169\.254.*PARASOL_ALERT_NETWORKS/)
    expect(receiver.received).toHaveLength(1)
  })
})

describe('Slack', () => {
  it('gets blocks, and the same as text, in which nobody is called', async () => {
    expect(await send(at('/services/T0/B0/x', { kind: 'slack' }))).toMatchObject({ verdict: 'sent' })
    const payload = JSON.parse(receiver.received[0]?.text ?? '')
    const said = JSON.stringify(payload)
    expect(payload.blocks[0].text.text).toContain(
      '*CRITICAL: Share of answers 5xx of shop: 4.16 % within 5 min',
    )
    for (const part of [payload.text, said]) {
      expect(part).toContain('Call Ann &amp; Bob &lt;now&gt;')
      expect(part).toContain('shop 1.4.0 on stable (publish) by ann')
      expect(part).not.toMatch(/<!channel>|@here/)
    }
    expect(payload.blocks.at(-1).elements[0].text).toContain('<https://parasol.example.com/')
    expect(receiver.received[0]?.headers).not.toHaveProperty('webhook-signature')
  })

  it('gets no more than it takes of a message about many apps', async () => {
    const [alert] = messageOf().alerts
    const alerts = Array.from({ length: 100 }, (_, n) => ({
      ...(alert as NonNullable<typeof alert>),
      summary: `app ${n} ${'x'.repeat(500)}`,
    }))
    await send(at('/', { kind: 'slack' }), messageOf({ alerts, note: 'y'.repeat(2_000) }))
    const { text, blocks } = JSON.parse(receiver.received[0]?.text ?? '')
    expect(blocks.length).toBeLessThanOrEqual(50)
    for (const block of blocks) expect((block.text?.text ?? '').length).toBeLessThanOrEqual(3_000)
    expect(text.length).toBeLessThanOrEqual(3_000)
    expect(JSON.stringify(blocks)).toContain('and 99 more')
  })
})

describe('e-mail', () => {
  const to = (...addresses: string[]): Receiving => ({
    kind: 'email',
    secrets: [],
    receiver: { to: addresses },
  })
  const sentText = () => (mailServer.mails[0]?.text ?? '').replaceAll('=\r\n', '')

  it('arrives at a real server, with the id of the message', async () => {
    expect(await send(to('ann@example.com', 'bob@example.com'))).toMatchObject({
      ...{ verdict: 'sent', answer: expect.stringContaining('taken') },
    })
    expect(mailServer.mails).toMatchObject([
      { from: 'parasol@example.com', to: ['ann@example.com', 'bob@example.com'] },
    ])
    expect(sentText()).toContain(`Message-ID: <${id}@example.com>`)
    expect(sentText()).toContain('Auto-Submitted: auto-generated')
    expect(sentText()).toMatch(/shop 1\.4\.0 on stable \(publish\) by ann/)
  })

  it('has no header that somebody wrote into a rule, a reason or a summary', async () => {
    const [alert] = messageOf().alerts
    const evil = 'x\r\nBcc: eve@example.com\r\n\r\nHello\u2028y'
    await send(
      to('ann@example.com'),
      messageOf({ alerts: [{ ...(alert as NonNullable<typeof alert>), summary: evil }], note: evil }),
    )
    const [head = ''] = (mailServer.mails[0]?.text ?? '').split('\r\n\r\n')
    expect(head).not.toMatch(/^Bcc/im)
    expect(head.split('\r\n').filter((line) => /^Subject:/i.test(line))).toHaveLength(1)
    expect(mailServer.mails[0]?.to).toEqual(['ann@example.com'])
  })

  it('waits for no server that answers a letter at a time, and for none when we stop', async () => {
    const dripping = createServer((socket) => {
      const drip = setInterval(() => socket.write('220-wait\r\n'), 20)
      socket.on('error', () => {}).on('close', () => clearInterval(drip))
    }).listen(0, '127.0.0.1')
    await once(dripping, 'listening')
    const { port } = dripping.address() as AddressInfo
    const slow = { sendMail: openMailer({ smtpUrl: `smtp://127.0.0.1:${port}`, from: 'p@example.com' }) }
    const late = { verdict: 'later', answer: 'the mail server did not take it in time' }
    expect(
      await send(to('ann@example.com'), messageOf(), { ...sending({ withinMs: 200 }), ...slow }),
    ).toMatchObject(late)
    const closing = new AbortController()
    const sent = send(to('ann@example.com'), messageOf(), { ...sending(), ...slow, closing: closing.signal })
    closing.abort()
    expect(await sent).toMatchObject(late)
    dripping.close()
    // Its connections are gone as well.
    await once(dripping, 'close')
  })

  it('tells who was not taken where others were', async () => {
    expect(await send(to('refused@example.com', 'ann@example.com'))).toMatchObject({
      ...{ verdict: 'sent', answer: expect.stringContaining('not for refused@example.com') },
    })
  })

  it('shows no password to a server without TLS that is not on this host', async () => {
    const smtpUrl = `smtp://ann:p%40ss%20word@0.0.0.0:${mailServer.port}`
    const open = openMailer({ smtpUrl, from: 'p@example.com' })
    expect(await send(to('ann@example.com'), messageOf(), { ...sending(), sendMail: open })).toMatchObject({
      ...{ verdict: 'later', answer: expect.stringMatching(/TLS/) },
    })
    expect(mailServer.mails).toEqual([])
  })

  it('that no mailbox takes is given up, and what may get better is tried again', async () => {
    expect(await send(to('refused@example.com'))).toMatchObject({
      ...{ verdict: 'never', answer: expect.stringContaining('nobody of that name') },
    })
    const stranger = openMailer({ smtpUrl: mailServer.url.replace('//', '//eve:x@'), from: 'p@example.com' })
    expect(
      await send(to('ann@example.com'), messageOf(), { ...sending(), sendMail: stranger }),
    ).toMatchObject({
      verdict: 'later',
    })
    const nowhere = openMailer({ smtpUrl: 'smtp://127.0.0.1:9', from: 'p@example.com' })
    expect(await send(to('ann@example.com'), messageOf(), { ...sending(), sendMail: nowhere })).toMatchObject(
      {
        ...{ verdict: 'later', answer: expect.stringContaining('ECONNREFUSED') },
      },
    )
    expect(
      await send(to('ann@example.com'), messageOf(), { ...sending(), sendMail: undefined }),
    ).toMatchObject({
      ...{ verdict: 'later', answer: 'PARASOL_SMTP_URL is not set' },
    })
  })
})
