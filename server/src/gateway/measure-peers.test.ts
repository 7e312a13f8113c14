import { expect, it } from 'vitest'
import type { Health } from '../../../contract/health.ts'
import { notConfigured } from '../platform/health/measure-health.ts'
import { measurePeers } from './measure-peers.ts'

const healthy = { ...notConfigured, state: 'ok' } as const
const peerOf = (status: Health['status'], externalApis: Health['services']['external_apis']) => () =>
  Response.json({
    status,
    timestamp: '2027-01-01T00:00:00.000Z',
    services: { database: healthy, redis: healthy, external_apis: externalApis },
  } satisfies Health)

it('tells of a CDN that keeps refusing, as the config service sees it', async () => {
  const refusing = { ...healthy, state: 'degraded', lastError: 'HTTP 403' } as const
  const analytics = peerOf('ok', notConfigured)
  const measured = await measurePeers({
    config: peerOf('degraded', refusing),
    analytics,
    upstreams: () => [],
  })()
  expect(measured).toMatchObject({ status: 'degraded', services: { external_apis: refusing } })
})

it('tells of its own Redis too, where the config service reaches its one', async () => {
  const peers = { config: peerOf('ok', notConfigured), analytics: peerOf('ok', notConfigured) }
  const measure = (pingRedis: () => Promise<void>) =>
    measurePeers({ ...peers, upstreams: () => [], pingRedis, counting: () => 'apart' })()
  const away = () => Promise.reject(Object.assign(new Error('no'), { code: 'ECONNREFUSED' }))
  expect(await measure(away)).toMatchObject({
    status: 'degraded',
    services: { redis: { state: 'down', lastError: 'ECONNREFUSED', limits: 'apart' } },
  })
  expect(await measure(async () => {})).toMatchObject({ status: 'ok', services: { redis: { state: 'ok' } } })
})
