import { expect } from 'vitest'
import { type OtlpReceiver, receiveOtlp } from '../../server/src/platform/telemetry/otlp-receiver.fixture.ts'
import { type Program, startProgram } from '../program.ts'
import { readyDatabase } from '../stores/ready-database.ts'
import { freshRedis } from '../stores/redis.ts'
import { settingsFor } from './vendor-settings.ts'

/** Gateway, config and analytics service as processes of their own, and the intake to which they send. */
export interface Watched {
  receiver: OtlpReceiver
  gateway: Program
  config: Program
  analytics: Program
  stop(): Promise<void>
}

export const token = 'watched-watched-watched'
/** Of the requests for configs, and one of analytics, that were sent through the gateway. */
export const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
export const callerId = '00f067aa0ba902b7'

/** Each process has the settings of another vendor; a few requests have gone through all of them. */
export const startWatched = async (runtime: 'node' | 'bun'): Promise<Watched> => {
  const [database, redis, receiver] = await Promise.all([readyDatabase(), freshRedis(), receiveOtlp()])
  const env = { PARASOL_ADMIN_TOKEN: token, REDIS_URL: redis.url, DATABASE_URL: database.url }
  const start = (services: string, vendor: string, more: Record<string, string>): Promise<Program> =>
    startProgram({
      runtime,
      env: { ...settingsFor(vendor, receiver.url), ...more, PARASOL_SERVICES: services },
    })
  const [config, analytics] = await Promise.all([
    start('config', 'datadog', env),
    start('analytics', 'datadog-agent', env),
  ])
  const gateway = await start('gateway', 'new-relic', {
    ...{ PARASOL_ADMIN_TOKEN: token, REDIS_URL: redis.url },
    ...{ PARASOL_CONFIG_URL: config.url, PARASOL_ANALYTICS_URL: analytics.url },
  })
  await askAll(gateway.url, config.url)
  return {
    ...{ receiver, gateway, config, analytics },
    async stop() {
      await Promise.all([gateway, config, analytics].map((program) => program.kill()))
      await Promise.all([receiver.close(), database.drop(), redis.release()])
    },
  }
}

const askAll = async (url: string, configUrl: string): Promise<void> => {
  const authorization = `Bearer ${token}`
  const post = async (path: string, body: object, to = url): Promise<void> => {
    const headers = { authorization, 'content-type': 'application/json' }
    const answer = await fetch(`${to}/manage/v1/${path}`, {
      ...{ method: 'POST', headers, body: JSON.stringify(body) },
    })
    expect(answer.status).toBe(201)
  }
  await post('apps', { appId: 'shop', name: 'Shop' })
  await post('apps/shop/configs', { configVersion: '1.0.0', data: { color: 'red' } })
  await post('apps/shop/releases', { configVersion: '1.0.0' })
  const headers = { traceparent: `00-${traceId}-${callerId}-01` }
  for (const path of ['/v1/api/config/shop', '/v1/api/config/shop?again', '/v1/api/config/nobody'])
    await fetch(url + path, { headers })
  await fetch(`${url}/manage/v1/analytics/storage`, { headers: { ...headers, authorization } })
  await post('apps/shop/configs', { configVersion: '1.1.0', data: { color: 'blue' } })
  // Not by way of the gateway, which would know of it before it is told.
  await post('apps/shop/releases', { configVersion: '1.1.0' }, configUrl)
}
