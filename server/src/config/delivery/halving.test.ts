import fc from 'fast-check'
import { expect, it } from 'vitest'
import { CacheUnavailable } from '../../platform/cache/cache.ts'
import { halving } from './halving.ts'

it('does the work of all but those that cannot be done, and names each of these', async () => {
  const sets = fc.uniqueArray(fc.nat(200), { maxLength: 60 })
  await fc.assert(
    fc.asyncProperty(sets, sets, async (items, broken) => {
      const done = new Set<number>()
      const reported: number[] = []
      const work = async (some: readonly number[]): Promise<void> => {
        if (some.some((item) => broken.includes(item))) throw new RangeError('cannot be read')
        for (const item of some) done.add(item)
      }
      await halving(items, work, (item) => void reported.push(item))
      expect([...done].sort()).toEqual(items.filter((item) => !broken.includes(item)).sort())
      expect(reported.sort()).toEqual(items.filter((item) => broken.includes(item)).sort())
    }),
  )
})

it('asks a store that is away once, not for each part', async () => {
  let asked = 0
  const away = async (): Promise<void> => {
    asked += 1
    throw new CacheUnavailable('Redis is not connected')
  }
  await expect(halving([1, 2, 3, 4], away, () => {})).rejects.toBeInstanceOf(CacheUnavailable)
  expect(asked).toBe(1)
})
