import { expect, it, vi } from 'vitest'
import { type DueWork, runDue } from './run-due.ts'

const settle = (look: () => void) => vi.waitFor(look, { timeout: 5_000, interval: 5 })

/** Work whose rows are in memory. */
const rows = (count: number, run: (id: number) => Promise<void> = async () => {}) => {
  const pending = new Set(Array.from({ length: count }, (_, id) => id))
  const done: number[] = []
  const work: DueWork = {
    name: 'rows',
    list: async (limit) => [...pending].slice(0, limit).map((id) => ({ id, actor: 'ann' })),
    run: async ({ id }) => {
      await run(id)
      pending.delete(id)
      done.push(id)
    },
  }
  return { work, done, pending }
}

it('does all that is due, in its order, more than a list at a time', async () => {
  const { work, done } = rows(250)
  const jobs = runDue({ works: [work], everyMs: 5, onError: () => {} })
  await settle(() => expect(done).toEqual(Array.from({ length: 250 }, (_, id) => id)))
  await jobs.close()
})

it('tries again what failed, and does the rest meanwhile', async () => {
  const errors: unknown[] = []
  let failures = 3
  const { work, done } = rows(3, async (id) => {
    if (id === 1 && failures-- > 0) throw new Error('away')
  })
  const jobs = runDue({
    works: [work],
    everyMs: 5,
    onError: (name, error) => errors.push([name, String(error)]),
  })
  await settle(() => expect(done).toEqual([0, 2, 1]))
  expect(errors).toEqual(Array(3).fill(['rows', 'Error: away']))
  await jobs.close()
})

it('goes on with other work when one kind cannot be listed', async () => {
  const { work, done } = rows(1)
  const away: DueWork = { ...work, name: 'away', list: () => Promise.reject(new Error('no database')) }
  const names: string[] = []
  const jobs = runDue({ works: [away, work], everyMs: 5, onError: (name) => names.push(name) })
  await settle(() => expect(done).toEqual([0]))
  expect(names[0]).toBe('away')
  await jobs.close()
})

it('closes after what is being done, and begins nothing else', async () => {
  const first = Promise.withResolvers<void>()
  const begun = vi.fn(() => first.promise)
  const { work, done, pending } = rows(2, begun)
  const jobs = runDue({ works: [work], everyMs: 1, onError: () => {} })
  await settle(() => expect(begun).toHaveBeenCalledOnce())
  const closing = jobs.close()
  first.resolve()
  await closing
  expect(done).toEqual([0])
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(pending.size).toBe(1)
})

it('looks for no further kind of work once it is closed', async () => {
  const listing = Promise.withResolvers<[]>()
  const { work } = rows(0)
  const further = vi.fn(work.list)
  const works = [
    { ...work, list: () => listing.promise },
    { ...work, list: further },
  ]
  const jobs = runDue({ works, everyMs: 1, onError: () => {} })
  const closing = jobs.close()
  listing.resolve([])
  await closing
  expect(further).not.toHaveBeenCalled()
})
