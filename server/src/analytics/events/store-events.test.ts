import { describe, expect, it } from 'vitest'
import { batchOf, keptEvent } from './events.fixture.ts'
import { createStoreEvents } from './store-events.ts'
import type { EventBatch } from './write-events.ts'

/** Writes when it is told to. */
const slowly = () => {
  const under: { batches: readonly EventBatch[]; end(result?: unknown): void }[] = []
  const write = (batches: readonly EventBatch[]): Promise<number[]> =>
    new Promise((resolve, reject) => {
      const end = (error?: unknown): void =>
        error ? reject(error) : resolve(batches.map(({ events }) => events.length))
      under.push({ batches, end })
    })
  return { under, write }
}
const batchOfMany = (count: number, name = 'seen'): EventBatch =>
  batchOf(...Array.from({ length: count }, () => keptEvent({ name })))
const untilUnder = async (under: readonly unknown[], count: number): Promise<void> => {
  await expect.poll(() => under.length).toBe(count)
}
const away = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })

describe('storing events', () => {
  it('answers each batch for itself, and lets those that come meanwhile go together', async () => {
    const { under, write } = slowly()
    const storing = createStoreEvents({ write, transactionsMost: 1 })
    const answers = [3, 4].map((count) => storing.store(batchOfMany(count)))
    await untilUnder(under, 1)
    expect(under[0]?.batches).toHaveLength(2)
    const later = [5, 6, 7].map((count) => storing.store(batchOfMany(count)))
    expect(storing.waiting()).toBe(18)
    under[0]?.end()
    expect(await Promise.all(answers)).toEqual([3, 4])
    await untilUnder(under, 2)
    expect(under[1]?.batches).toHaveLength(3)
    under[1]?.end()
    expect(await Promise.all(later)).toEqual([5, 6, 7])
    await storing.close()
  })

  it('does not make a transaction larger than it may be, but for a batch that is', async () => {
    const { under, write } = slowly()
    const storing = createStoreEvents({ write, transactionsMost: 1, togetherMost: 10 })
    const answers = [4, 5, 6, 11].map((count) => storing.store(batchOfMany(count)))
    for (const sizes of [[4, 5], [6], [11]]) {
      await untilUnder(under, 1)
      const [next] = under.splice(0)
      expect(next?.batches.map(({ events }) => events.length)).toEqual(sizes)
      next?.end()
    }
    expect(await Promise.all(answers)).toEqual([4, 5, 6, 11])
  })

  it('refuses with 503 and Retry-After what it has no room for, and takes it when there is room', async () => {
    const { under, write } = slowly()
    const storing = createStoreEvents({ write, transactionsMost: 1, eventsMost: 20 })
    const first = storing.store(batchOfMany(1))
    await untilUnder(under, 1)
    const second = storing.store(batchOfMany(10))
    await expect(storing.store(batchOfMany(1))).rejects.toMatchObject({
      code: 'overloaded',
      headers: { 'retry-after': '2' },
    })
    under[0]?.end()
    await first
    await untilUnder(under, 2)
    const third = storing.store(batchOfMany(10))
    under[1]?.end()
    await second
    await untilUnder(under, 3)
    under[2]?.end()
    expect(await third).toBe(10)
  })

  it('refuses what one app has too much of, and takes what others send', async () => {
    const { under, write } = slowly()
    const storing = createStoreEvents({ write, transactionsMost: 1, eventsMost: 20 })
    const first = storing.store(batchOfMany(1))
    await untilUnder(under, 1)
    const second = storing.store(batchOfMany(10))
    await expect(storing.store(batchOfMany(1))).rejects.toMatchObject({ code: 'overloaded' })
    const other = storing.store(batchOf(keptEvent({ appId: 'news' })))
    under[0]?.end()
    await untilUnder(under, 2)
    under[1]?.end()
    expect(await Promise.all([first, second, other])).toEqual([1, 10, 1])
    const third = storing.store(batchOfMany(10))
    await untilUnder(under, 3)
    under[2]?.end()
    expect(await third).toBe(10)
  })

  it('leaves room for an app that comes later, however many fill it, and lets none wait for all of another', async () => {
    const { under, write } = slowly()
    const storing = createStoreEvents({ write, transactionsMost: 1, eventsMost: 40, togetherMost: 2 })
    const of = (appId: string, count = 1): EventBatch =>
      batchOf(...Array.from({ length: count }, () => keptEvent({ appId })))
    const answers = [storing.store(of('first'))]
    await untilUnder(under, 1)
    for (let batch = 0; batch < 20; batch++) answers.push(storing.store(of('shop')))
    for (const [appId, count] of [
      ['news', 10],
      ['mail', 5],
      ['chat', 2],
    ] as const) {
      await expect(storing.store(of(appId, count + 1))).rejects.toMatchObject({ code: 'overloaded' })
      answers.push(storing.store(of(appId, count)))
    }
    const appsInTurn: string[] = []
    for (let turn = 1; turn <= 5; turn++) {
      under[turn - 1]?.end()
      await untilUnder(under, turn + 1)
      appsInTurn.push(...(under[turn]?.batches ?? []).map(({ appId }) => appId))
    }
    expect(appsInTurn.slice(0, 4)).toEqual(['shop', 'news', 'mail', 'chat'])
    for (let turn = 5; storing.waiting() > 0; turn++) {
      under[turn]?.end()
      await untilUnder(under, turn + 2)
    }
    under.at(-1)?.end()
    await Promise.all(answers)
  })

  it('fails with the database, for all of a transaction, and goes on with the next', async () => {
    const { under, write } = slowly()
    const storing = createStoreEvents({ write, transactionsMost: 1 })
    const failing = Promise.allSettled([storing.store(batchOfMany(1)), storing.store(batchOfMany(2))])
    await untilUnder(under, 1)
    const next = storing.store(batchOfMany(3))
    under[0]?.end(away)
    expect(await failing).toMatchObject([{ reason: away }, { reason: away }])
    await untilUnder(under, 2)
    under[1]?.end()
    expect(await next).toBe(3)
  })

  it('tries batches alone where one of them cannot be stored, so that the others are', async () => {
    const poison = new Error('this one can never be stored')
    const written: number[][] = []
    const write = async (batches: readonly EventBatch[]): Promise<number[]> => {
      if (batches.some(({ events }) => events[0]?.name === 'poison')) throw poison
      written.push(batches.map(({ events }) => events.length))
      return batches.map(({ events }) => events.length)
    }
    const storing = createStoreEvents({ write })
    const results = await Promise.allSettled([
      storing.store(batchOfMany(1)),
      storing.store(batchOfMany(2, 'poison')),
      storing.store(batchOfMany(3)),
    ])
    expect(results).toMatchObject([{ value: 1 }, { reason: poison }, { value: 3 }])
    expect(written).toEqual([[1], [3]])
  })

  it('does again what gave way to another transaction', async () => {
    let attempts = 0
    const storing = createStoreEvents({
      write: async () => {
        attempts += 1
        if (attempts === 1) throw Object.assign(new Error('deadlock'), { code: '40P01' })
        return [1]
      },
    })
    expect(await storing.store(batchOfMany(1))).toBe(1)
  })

  it('lets nobody wait for ever: not for a turn, and not for a transaction that hangs', async () => {
    const hang = Promise.withResolvers<void>()
    const written: number[] = []
    const write = async (batches: readonly EventBatch[]): Promise<number[]> => {
      await hang.promise
      written.push(...batches.map(({ events }) => events.length))
      return batches.map(({ events }) => events.length)
    }
    const storing = createStoreEvents({ write, transactionsMost: 1, togetherMost: 1, patienceMs: 30 })
    const results = await Promise.allSettled([storing.store(batchOfMany(1)), storing.store(batchOfMany(2))])
    expect(results).toMatchObject([{ reason: { name: 'OutOfTime' } }, { reason: { name: 'OutOfTime' } }])
    expect(storing.waiting()).toBe(0)
    hang.resolve()
    await storing.close()
    // What gave up before its turn is not written any more.
    expect(written).toEqual([1])
    expect(await storing.store(batchOfMany(3))).toBe(3)
  })

  it('ends when all that waits is stored', async () => {
    const { under, write } = slowly()
    const storing = createStoreEvents({ write, transactionsMost: 1 })
    const first = storing.store(batchOfMany(1))
    await untilUnder(under, 1)
    const second = storing.store(batchOfMany(1))
    let isClosed = false
    const closing = storing.close().then(() => {
      isClosed = true
    })
    under[0]?.end()
    await first
    await untilUnder(under, 2)
    expect(isClosed).toBe(false)
    under[1]?.end()
    await Promise.all([second, closing])
  })
})
