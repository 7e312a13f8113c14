import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../../../../tests/eventually.ts'
import { startRedisCluster } from '../../../../tests/stores/own-redis-cluster.ts'
import { freshRedis } from '../../../../tests/stores/redis.ts'
import { connectRedis } from '../../platform/redis/connect-redis.ts'
import type { Policy } from './policy.ts'
import { memoryCounts } from './shared-counts.fixture.ts'
import type { Ask, SharedCounts } from './shared-counts.ts'
import { redisCounts } from './shared-counts-redis.ts'

const overRedis = async (url: string, release: () => Promise<void>) => {
  const redis = connectRedis({ url, timeoutMs: 5_000, onState: () => {} })
  await eventually(() => redis.ping())
  const close = async () => {
    await redis.close()
    await release()
  }
  return { counts: redisCounts(redis), close }
}

const kinds: [string, () => Promise<{ counts: SharedCounts; close: () => Promise<void> }>][] = [
  ['memory', async () => ({ counts: memoryCounts({ nowMs: Date.now }).counts, close: async () => {} })],
  ['Redis', async () => freshRedis().then(({ url, release }) => overRedis(url, release))],
  ['a Redis Cluster', async () => startRedisCluster().then(({ url, remove }) => overRedis(url, remove))],
]

describe.each(kinds)('counts in %s', (_, open) => {
  let counts: SharedCounts
  let close: () => Promise<void>
  beforeAll(async () => {
    ;({ counts, close } = await open())
  })
  afterAll(() => close())

  /** A window that does not end while a test runs. */
  const policy = (quota: number): Policy => ({
    name: 'daily',
    id: randomUUID(),
    quota,
    windowMs: 40 * 365 * 86_400_000,
    mode: 'shared',
  })
  const ask = (more: Partial<Ask>): Ask => ({
    client: 'c',
    want: 0,
    spare: 0,
    returned: 0,
    untold: 0,
    untoldBefore: 0,
    ...more,
  })

  it('grant what is wanted, until the quota is used', async () => {
    const of = policy(10)
    expect(await counts.take(of, ask({ want: 7 }))).toMatchObject({ granted: 7, free: 3, used: 7 })
    expect(await counts.take(of, ask({ want: 7 }))).toMatchObject({ granted: 3, free: 0, used: 10 })
    expect(await counts.take(of, ask({ want: 1 }))).toMatchObject({ granted: 0, free: 0, used: 10 })
    expect(await counts.take(of, ask({ client: 'another', want: 1 }))).toMatchObject({ granted: 1 })
  })

  it('grant at most an eighth of what is free beyond what is wanted', async () => {
    const of = policy(100)
    expect(await counts.take(of, ask({ want: 20, spare: 50 }))).toMatchObject({ granted: 30, free: 70 })
    expect(await counts.take(of, ask({ spare: 3 }))).toMatchObject({ granted: 3, free: 67 })
  })

  it('take back what was not used, and count what they were not asked for', async () => {
    const of = policy(10)
    await counts.take(of, ask({ want: 8 }))
    expect(await counts.take(of, ask({ returned: 5 }))).toMatchObject({ used: 3, free: 7 })
    expect(await counts.take(of, ask({ untold: 9, want: 1 }))).toMatchObject({
      granted: 0,
      used: 12,
      free: -2,
    })
    expect(await counts.take(of, ask({ untoldBefore: 4 }))).toMatchObject({ usedBefore: 4 })
  })

  it('grant the quota once to many who ask at the same time', async () => {
    const of = policy(100)
    const answers = await Promise.all(Array.from({ length: 300 }, () => counts.take(of, ask({ want: 1 }))))
    expect(answers.reduce((sum, { granted }) => sum + granted, 0)).toBe(100)
  })

  it('begin anew when two windows have passed', async () => {
    const of = { ...policy(5), windowMs: 20 }
    await counts.take(of, ask({ want: 5 }))
    await eventually(async () => expect((await counts.take(of, ask({ want: 0 }))).used).toBe(0))
    await eventually(async () => expect((await counts.take(of, ask({ want: 5 }))).granted).toBe(5))
  })

  it('know how many gateways there are', async () => {
    expect(await counts.countGateways('one')).toBe(1)
    expect(await counts.countGateways('two')).toBe(2)
    expect(await counts.countGateways('one')).toBe(2)
  })
})
