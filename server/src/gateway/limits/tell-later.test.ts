import { expect, it } from 'vitest'
import { BucketMemory } from './buckets.ts'
import { PolicyLimiter } from './limit-policy.ts'
import { memoryCounts } from './shared-counts.fixture.ts'
import { createSharing } from './sharing.ts'
import { askAll, takeAll } from './take-all.ts'

const clients = 3_000

it('tells what many clients got while the counts were away a thousand at a time, and all of it', async () => {
  let ms = 3_600_000 * 400_000
  const now = () => ms
  let answer = Promise.withResolvers<void>()
  let waiting = 0
  const shared = memoryCounts({
    nowMs: now,
    delay: async () => {
      waiting += 1
      await answer.promise
    },
  })
  const sharing = createSharing({ ...shared, gatewayId: 'a', now, wallMs: now, onTurn: () => {} })
  const policy = { name: 'daily', id: 'daily', quota: 10, windowMs: 3_600_000, mode: 'shared' } as const
  const limiter = new PolicyLimiter(policy, { sharing, now, memory: new BucketMemory(2 * clients) })
  shared.state.isAway = true
  answer.resolve()
  for (let n = 0; n < clients; n += 1) {
    const bucket = limiter.bucketOf(`${n}`, ms)
    const applied = [{ limiter, bucket, cost: 1, verdict: 'unknown' as const }]
    expect(takeAll(applied, 1, ms) ?? (await askAll(applied, now))).toBe(true)
  }
  shared.state.isAway = false
  ms += 1_000
  answer = Promise.withResolvers()
  waiting = 0
  for (let times = 0; times < 3; times += 1) limiter.sweep(ms)
  expect(waiting).toBe(1_000)
  answer.resolve()
  for (let times = 0; times < 3; times += 1) {
    await new Promise((resolve) => setImmediate(resolve))
    limiter.sweep(ms)
  }
  await new Promise((resolve) => setImmediate(resolve))
  for (const client of ['0', '1500', `${clients - 1}`]) {
    const ask = { client, want: 0, spare: 0, returned: 0, untold: 0, untoldBefore: 0 }
    expect(await shared.counts.take(policy, ask)).toMatchObject({ used: 1 })
  }
  sharing.close()
})
