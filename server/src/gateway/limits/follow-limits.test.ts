import { afterEach, expect, it } from 'vitest'
import type { LimitsFeed } from '../../../../contract/gateway-feed.ts'
import { eventually } from '../../../../tests/eventually.ts'
import { memoryChanges } from '../../platform/changes/changes-memory.ts'
import { followLimits } from './follow-limits.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

const follow = (answers: (() => Promise<LimitsFeed | null>)[]) => {
  const changes = memoryChanges({ onError: () => {} })
  const asked: [number | undefined, boolean][] = []
  const updates: number[] = []
  const errors: unknown[] = []
  const following = followLimits({
    ask: async (revision, isUrgent) => {
      asked.push([revision, isUrgent])
      return (await answers.shift()?.()) ?? null
    },
    changes,
    update: (limits) => updates.push(limits.length),
    onError: (error) => errors.push(error),
  })
  closers.push(following.close, () => changes.close())
  return { changes, asked, updates, errors }
}
const feed = (revision: number) => async (): Promise<LimitsFeed> => ({ revision, limits: [] })

it('asks at the start, and urgently after a notice of limits', async () => {
  const { changes, asked, updates } = follow([feed(7), feed(8)])
  await eventually(() => expect(updates).toHaveLength(1))
  await changes.notify({ topic: 'keys', names: [] })
  await changes.notify({ topic: 'limits', names: [] })
  await eventually(() => expect(updates).toHaveLength(2))
  expect(asked).toEqual([
    [undefined, false],
    [7, true],
  ])
})

it('asks once more when a notice came while it asked', async () => {
  const first = Promise.withResolvers<LimitsFeed>()
  const { changes, asked, updates } = follow([() => first.promise, feed(2)])
  await changes.notify({ topic: 'limits', names: [] })
  await changes.notify({ topic: 'limits', names: [] })
  await new Promise((resolve) => setImmediate(resolve))
  first.resolve({ revision: 1, limits: [] })
  await eventually(() => expect(updates).toHaveLength(2))
  expect(asked).toEqual([
    [undefined, false],
    [1, true],
  ])
})

it('keeps what it has, tells of it, and asks again where the config service is away', async () => {
  const { updates, errors } = follow([() => Promise.reject(new Error('away')), feed(1)])
  await eventually(() => expect(updates).toHaveLength(1))
  expect(errors).toHaveLength(1)
})
