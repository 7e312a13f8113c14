import { afterEach, expect, it } from 'vitest'
import { eventually } from '../../../../tests/eventually.ts'
import { startRedis } from '../../../../tests/stores/own-redis.ts'
import { connectRedis } from '../../platform/redis/connect-redis.ts'
import { BucketMemory } from './buckets.ts'
import { decide } from './gateways.fixture.ts'
import { PolicyLimiter } from './limit-policy.ts'
import { limitRequests } from './limit-requests.ts'
import type { Policy } from './policy.ts'
import { redisCounts } from './shared-counts-redis.ts'
import { createSharing } from './sharing.ts'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

const policy: Policy = { name: 'burst', id: 'burst', quota: 1_000, windowMs: 1_000, mode: 'shared' }
const now = () => performance.now()

/** Each with connections of its own, as processes have them. */
const openGateways = async (url: string, count: number) => {
  const gateways = Array.from({ length: count }, (_, index) => {
    const redis = connectRedis({ url, timeoutMs: 1_000, onState: () => {} })
    const sharing = createSharing({
      counts: redisCounts(redis),
      gatewayId: `g${index}`,
      now,
      onTurn: () => {},
      settleMs: 500,
    })
    ends.push(() => redis.close(), sharing.close)
    return {
      redis,
      sharing,
      limiter: new PolicyLimiter(policy, { sharing, now, memory: new BucketMemory(100) }),
    }
  })
  for (const { redis, sharing } of gateways) {
    await eventually(() => redis.ping())
    await eventually(() => {
      sharing.recount()
      expect(sharing.gateways()).toBeGreaterThanOrEqual(1)
    })
  }
  await eventually(() => {
    for (const { sharing } of gateways) sharing.recount()
    for (const { sharing } of gateways) expect(sharing.gateways()).toBe(count)
  })
  return gateways
}

/** Three times what may go, most of it through the first gateway. */
const drive = (gateways: Awaited<ReturnType<typeof openGateways>>) => {
  const rates = [2_400, 300, 200, 100]
  const started = now()
  const sent = rates.map(() => 0)
  const count = { admitted: 0, stalledMs: 0, windows: () => (now() - started) / policy.windowMs }
  let last = started
  const timer = setInterval(() => {
    // Of a window in which this process stood still nothing was asked for.
    if (now() - last > 100) count.stalledMs += now() - last
    last = now()
    for (const [index, { limiter }] of gateways.entries()) {
      const due = ((rates[index] ?? 0) * (now() - started)) / 1_000
      for (; (sent[index] ?? 0) < due; sent[index] = (sent[index] ?? 0) + 1) {
        void Promise.resolve(decide(limiter, now)).then((isAdmitted) => {
          if (isAdmitted) count.admitted += 1
        })
      }
      limiter.sweep(now())
    }
  }, 5)
  return { count, stop: () => clearInterval(timer) }
}

it('four gateways admit what the limit says together, also while their Redis is killed and begins anew', async () => {
  const server = await startRedis()
  ends.push(() => server.remove())
  const { count, stop } = drive(await openGateways(server.url, 4))
  ends.push(stop)
  const passed = (windows: number) =>
    eventually(() => expect(count.windows()).toBeGreaterThanOrEqual(windows))
  await passed(1.5)
  await server.kill()
  await passed(3.5)
  await server.start()
  await passed(7)
  stop()
  // Of the first window what was left of it may be used at once, so all together fit into one window more than have passed.
  const windows = count.windows()
  const asked = windows - count.stalledMs / policy.windowMs
  expect(count.admitted / policy.quota).toBeGreaterThanOrEqual(0.97 * Math.floor(asked))
  expect(count.admitted / policy.quota).toBeLessThanOrEqual(1.05 * (windows + 1))
})

it('a gateway that stops has counted what it admitted, and nothing else', async () => {
  const server = await startRedis()
  ends.push(() => server.remove())
  const [gateway, other] = await openGateways(server.url, 2)
  if (!gateway || !other) throw new Error('there are two')
  const limits = limitRequests({ sharing: gateway.sharing, now })
  const hourly = { quota: 10_000, windowSeconds: 3_600, cost: 1, mode: 'shared' } as const
  const everybody = { per: 'app', routeClass: 'config', appIds: null, keyIds: null } as const
  limits.update([{ name: 'hourly', policy: 'hourly', ...hourly, ...everybody }])
  // More than may go unasked, and no moment of rest.
  for (let count = 0; count < 400; count += 1)
    await limits.admit({ routeClass: 'config', method: 'GET', appId: 'a' })
  await limits.close()
  const counted = {
    name: 'hourly',
    id: 'hourly:3600',
    quota: 10_000,
    windowMs: 3_600_000,
    mode: 'shared',
  } as const
  const nothing = { want: 0, spare: 0, returned: 0, untold: 0, untoldBefore: 0 }
  const { used } = await other.sharing.take(counted, { client: 'a', ...nothing })
  expect(used).toBe(limits.counters().admitted)
})
