import { afterEach, describe, expect, it } from 'vitest'
import { Problem } from '../../../../contract/problems.ts'
import { createReadiness } from '../../platform/health/readiness.ts'
import { jsonResponse } from '../../platform/http/answers.ts'
import { listen } from '../../platform/http/listen.ts'
import type { Listener } from '../../platform/http/listener.ts'
import { observe } from '../../platform/http/observe.ts'
import { answerPrepared, hitInMemory, prepareHeaders } from '../../platform/http/prepared-answer.ts'
import { takeRequestId } from '../../platform/http/request-context.ts'
import { openLog } from '../../platform/log/open-log.ts'
import type { Peer } from '../../platform/peers/peer.ts'
import { readSettings } from '../../settings.ts'
import { createGateway } from '../service.ts'

const open: Pick<Listener, 'close'>[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((listener) => listener.close(0)))
})

const prepared = prepareHeaders({ 'content-type': 'application/json', 'content-length': '2' })
/** A config that is held, at once; and management that knows one token, after a moment. */
const config: Peer = (request) => {
  if (!request.url.includes('/manage/')) {
    const changing = { 'cache-status': hitInMemory, 'x-request-id': takeRequestId(request) }
    return answerPrepared(200, Buffer.from('{}'), prepared, changing)
  }
  return Promise.resolve().then(() => {
    if (request.headers.get('authorization') === 'Bearer right') return jsonResponse({})
    throw new Problem('unauthorized')
  })
}

/** A gateway on a real socket; `ask` says the status, and the headers. */
const start = async (env: Record<string, string>) => {
  const { log } = openLog('silent')
  const settings = readSettings(env)
  const gateway = createGateway({
    ...{ config, isConfigApart: false, analytics: config, changes: undefined, counts: undefined },
    ...{ readiness: createReadiness(), log, version: '0.0.0', settings },
  })
  open.push({ close: async () => gateway.close() })
  const listener = await listen(observe(gateway.fetch, log, settings), {
    ...{ host: '127.0.0.1', port: 0, onUnreadable: () => {} },
  })
  open.push(listener)
  return async (path: string, headers: Record<string, string> = {}) => {
    const answer = await fetch(listener.url + path, { headers })
    return {
      status: answer.status,
      headers: answer.headers,
      told: (await answer.json()) as { code?: string },
    }
  }
}
const read = '/v1/api/config/shop'
const apps = '/manage/v1/apps'
const from = (address: string, more: Record<string, string> = {}) => ({ 'x-forwarded-for': address, ...more })

describe('a gateway behind a trusted proxy', () => {
  it('403 by the address of the client, and by that of the proxy where it is not trusted', async () => {
    const denying = { PARASOL_DENY_IPS: '198.51.100.0/24' }
    const trusting = await start({ ...denying, PARASOL_TRUSTED_PROXIES: 'loopback' })
    const refused = await trusting(read, from('198.51.100.7'))
    expect([refused.status, refused.told.code]).toEqual([403, 'address_refused'])
    expect(refused.headers.get('access-control-allow-origin')).toBe('*')
    expect((await trusting(read, from('198.51.100.7, 203.0.113.9'))).status).toBe(200)
    const alone = await start(denying)
    expect((await alone(read, from('198.51.100.7'))).status).toBe(200)
  })

  it('403 for management alone', async () => {
    const ask = await start({ PARASOL_TRUSTED_PROXIES: 'loopback', PARASOL_MANAGEMENT_IPS: '10.0.0.0/8' })
    const right = { authorization: 'Bearer right' }
    expect((await ask(apps, from('10.1.2.3', right))).status).toBe(200)
    expect((await ask(apps, from('203.0.113.9', right))).told.code).toBe('address_refused')
    expect((await ask(read, from('203.0.113.9'))).status).toBe(200)
  })

  it('429 for who tries too many tokens, on management alone, and for nobody else', async () => {
    const ask = await start({ PARASOL_TRUSTED_PROXIES: 'loopback', PARASOL_WRONG_TOKENS_PER_MINUTE: '2' })
    const wrong = { authorization: 'Bearer wrong' }
    const right = { authorization: 'Bearer right' }
    // Two addresses of one /64.
    expect((await ask(apps, from('2001:db8::1', wrong))).status).toBe(401)
    expect((await ask(apps, from('2001:db8::2', wrong))).status).toBe(401)
    const refused = await ask(apps, from('2001:db8::3', right))
    expect([refused.status, refused.told.code]).toEqual([429, 'too_many_attempts'])
    expect(refused.headers.get('retry-after')).toMatch(/^[1-9]\d?$/)
    expect((await ask(read, from('2001:db8::3'))).status).toBe(200)
    expect((await ask(apps, from('2001:db8:0:1::1', right))).status).toBe(200)
  })

  it('asks browsers for TLS where their client came by it, in answers of every kind', async () => {
    const ask = await start({ PARASOL_TRUSTED_PROXIES: 'loopback', PARASOL_HSTS_SECONDS: '60' })
    const byTls = from('203.0.113.9', { 'x-forwarded-proto': 'https' })
    const plain = from('203.0.113.9', { 'x-forwarded-proto': 'http' })
    for (const path of [read, apps, '/nothing', '/livez']) {
      expect((await ask(path, byTls)).headers.get('strict-transport-security')).toBe('max-age=60')
      expect((await ask(path, plain)).headers.has('strict-transport-security')).toBe(false)
    }
    const prepared = await ask(read, byTls)
    expect(prepared.headers.get('cache-status')).toBe(hitInMemory)
    expect(prepared.headers.get('x-request-id')).toMatch(/^[0-9a-f]{32}$/)
  })

  it('does not believe a client that says it came by TLS', async () => {
    const ask = await start({})
    const answer = await ask(read, { 'x-forwarded-proto': 'https', forwarded: 'for=1.2.3.4;proto=https' })
    expect(answer.headers.has('strict-transport-security')).toBe(false)
  })
})
