import { afterEach, expect, it } from 'vitest'
import { eventually } from '../../../../tests/eventually.ts'
import { startRedis } from '../../../../tests/stores/own-redis.ts'
import { connectRedis } from '../../platform/redis/connect-redis.ts'
import { limitPolicy } from './limit-policy.ts'
import type { Policy } from './policy.ts'
import { redisCounts } from './shared-counts-redis.ts'
import { createSharing } from './sharing.ts'
import { takeAll } from './take-all.ts'

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
      onError: () => {},
      settleMs: 500,
    })
    ends.push(() => redis.close(), sharing.close)
    return { redis, sharing, limiter: limitPolicy(policy, { sharing, now, clientsMost: 100 }) }
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

/** Three times what may go, most of it through the first gateway; counts by the windows of the clock that all share. */
const drive = (gateways: Awaited<ReturnType<typeof openGateways>>) => {
  const admitted = new Map<number, number>()
  const window = () => Math.floor((now() + (gateways[0]?.sharing.offsetMs() ?? 0)) / policy.windowMs)
  const rates = [2_400, 300, 200, 100]
  const started = now()
  const sent = rates.map(() => 0)
  const timer = setInterval(() => {
    for (const [index, { limiter }] of gateways.entries()) {
      const due = ((rates[index] ?? 0) * (now() - started)) / 1_000
      for (; (sent[index] ?? 0) < due; sent[index] = (sent[index] ?? 0) + 1) {
        const decided = Promise.resolve(takeAll([{ limiter, item: '', client: 'c', cost: 1 }], now))
        void decided.then(({ isRefused }) => {
          if (!isRefused) admitted.set(window(), (admitted.get(window()) ?? 0) + 1)
        })
      }
      limiter.sweep(now())
    }
  }, 5)
  return { admitted, window, stop: () => clearInterval(timer) }
}

it('four gateways admit what the limit says together, also while their Redis is killed and begins anew', async () => {
  const server = await startRedis()
  ends.push(() => server.remove())
  const { admitted, window, stop } = drive(await openGateways(server.url, 4))
  ends.push(stop)
  const first = window() + 1
  await eventually(() => expect(window()).toBeGreaterThanOrEqual(first + 1))
  await server.kill()
  await eventually(() => expect(window()).toBeGreaterThanOrEqual(first + 3))
  await server.start()
  await eventually(() => expect(window()).toBeGreaterThanOrEqual(first + 6))
  stop()
  const counts = Array.from({ length: 6 }, (_, index) => admitted.get(first + index) ?? 0)
  const part = counts.reduce((sum, one) => sum + one) / (counts.length * policy.quota)
  expect(part, counts.join(' ')).toBeLessThanOrEqual(1.05)
  expect(part, counts.join(' ')).toBeGreaterThanOrEqual(0.97)
})
