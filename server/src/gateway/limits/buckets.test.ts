import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { testEnvironment } from '../../../../tests/environment.ts'
import { newBucket } from './bucket.ts'
import { BucketMemory, Buckets } from './buckets.ts'

const most = 1_000
const open = (size: number): Buckets => new Buckets(new BucketMemory(size))

describe('the buckets of a policy', () => {
  // Millions take seconds: only in the campaign.
  const strangers = testEnvironment.campaign ? 10_000_000 : 300_000

  it('are no more than they may be, and still know who comes often, while any number come once', () => {
    const buckets = open(most)
    const often = Array.from({ length: 100 }, (_, n) => `often ${n}`)
    for (const client of often) {
      buckets.add(newBucket(client, 0, 1))
      buckets.find(client)
    }
    let missed = 0
    for (let stranger = 0; stranger < strangers; stranger += 1) {
      buckets.add(newBucket(`once ${stranger}`, 0, 1))
      if (stranger % 50 === 0 && !buckets.find(often[(stranger / 50) % 100] ?? '')) missed += 1
    }
    expect(missed).toBe(0)
    expect(buckets.size).toBeLessThanOrEqual(most)
  })

  it('are bounded also when all come often', () => {
    const buckets = open(most)
    for (let n = 0; n < 20_000; n += 1) {
      buckets.add(newBucket(`${n}`, 0, 1))
      buckets.find(`${n}`)
      for (let known = Math.max(0, n - 2_000); known < n; known += 97) buckets.find(`${known}`)
    }
    expect(buckets.size).toBeLessThanOrEqual(most)
  })

  it('of all policies together are bounded, and a flood under one forgets nobody under another', () => {
    const memory = new BucketMemory(most)
    const [flooded, other] = [new Buckets(memory), new Buckets(memory)]
    for (const times of [1, 2]) {
      for (let n = 0; n < 50; n += 1) {
        if (times === 1) other.add(newBucket(`${n}`, 0, 1))
        other.find(`${n}`)
      }
    }
    for (let n = 0; n < 20_000; n += 1) flooded.add(newBucket(`${n}`, 0, 1))
    expect(flooded.size + other.size).toBeLessThanOrEqual(most)
    for (let n = 0; n < 50; n += 1) expect(other.find(`${n}`)).toBeDefined()
  })

  it('find what was added last, whatever was added before', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(50), { minLength: 1 }), (clients) => {
        const buckets = open(20)
        for (const client of clients) {
          const name = `${client}`
          if (!buckets.find(name)) buckets.add(newBucket(name, 0, 1))
          expect(buckets.find(name)?.client).toBe(name)
          expect(buckets.size).toBeLessThanOrEqual(20)
        }
      }),
    )
  })
})
