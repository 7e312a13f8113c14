import { expect, it } from 'vitest'
import { ahead } from './ahead.ts'

it('does once more, with twice as long, what came too late', async () => {
  const leads: number[] = []
  const done = await ahead(20, async (soon, leadMs) => {
    leads.push(leadMs)
    const until = Date.parse(soon())
    if (leads.length > 1) return 'done'
    while (Date.now() < until);
    throw new Error('it was too late')
  })
  expect([done, ...leads.slice(0, 2)]).toEqual(['done', 20, 40])
})

it('tells what went wrong in time', async () => {
  const failing = ahead(60_000, async (soon) => {
    throw new Error(`wrong before ${soon()}`)
  })
  await expect(failing).rejects.toThrow('wrong before 2')
})
