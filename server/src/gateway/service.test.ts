import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../../../tests/stores/free-port.ts'
import { createReadiness } from '../platform/health/readiness.ts'
import { observe } from '../platform/http/observe.ts'
import { openLog } from '../platform/log/open-log.ts'
import { httpPeer } from '../platform/peers/http-peer.ts'
import type { Peer } from '../platform/peers/peer.ts'
import { readSettings } from '../settings.ts'
import { createGateway } from './service.ts'

let front: Peer
let close: () => void
beforeAll(async () => {
  const { log } = openLog('silent')
  const baseUrl = `http://127.0.0.1:${await freePort()}`
  const away = httpPeer({ name: 'config', baseUrl, timeoutMs: 2_000 })
  const readiness = createReadiness()
  const peers = { config: away.peer, isConfigApart: true, analytics: away.peer }
  const stores = { changes: undefined, counts: undefined }
  const settings = readSettings({})
  const gateway = createGateway({ ...peers, ...stores, readiness, log, version: '0.0.0', settings })
  front = observe(gateway.fetch, log)
  close = () => {
    void gateway.close()
    away.close()
  }
})
afterAll(() => close())

const ask = async (path: string) => front(new Request(`http://front.example${path}`))

describe('a service that does not answer', () => {
  it.each(['/v1/api/config/shop', '/v1/api/analytics/events'])(
    'is a 503 that a page of another origin can read, at %s',
    async (path) => {
      const { status, headers } = await ask(path)
      expect(status).toBe(503)
      expect(headers.get('access-control-allow-origin')).toBe('*')
      expect(headers.get('access-control-expose-headers')).toContain('Retry-After')
      expect(headers.get('retry-after')).toBe('1')
    },
  )

  it('is a 503 with what a client of OpenFeature looks for, at the addresses of OFREP', async () => {
    const answer = await ask('/v2/api/config/shop/ofrep/v1/evaluate/flags')
    expect(answer.status).toBe(503)
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    const told = (await answer.json()) as { detail: string }
    expect(told).toMatchObject({
      code: 'upstream_unavailable',
      errorCode: 'GENERAL',
      errorDetails: told.detail,
    })
  })

  it('is a 503 that no page of another origin reads, at the management API', async () => {
    const { status, headers } = await ask('/manage/v1/apps')
    expect(status).toBe(503)
    expect(headers.has('access-control-allow-origin')).toBe(false)
  })
})
