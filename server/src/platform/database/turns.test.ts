import { describe, expect, test } from 'vitest'
import { OutOfTime } from '../within.ts'
import { createTurns } from './turns.ts'

describe('turns', () => {
  test('come one at a time, in the order asked for', async () => {
    const turns = createTurns(10_000)
    const seen: string[] = []
    const work = async (name: string) => {
      const end = await turns.take()
      seen.push(`${name} begins`)
      await new Promise((resolve) => setTimeout(resolve, 2))
      seen.push(`${name} ends`)
      end()
    }
    await Promise.all(['a', 'b', 'c'].map(work))
    expect(seen).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends'])
  })

  test('are not waited for for ever, and who gave up is passed over', async () => {
    const turns = createTurns(20)
    const end = await turns.take()
    await expect(turns.take()).rejects.toBeInstanceOf(OutOfTime)
    end()
    const next = await turns.take()
    next()
  })

  test('end once, however often that is said', async () => {
    const turns = createTurns(20)
    const end = await turns.take()
    end()
    const second = await turns.take()
    end()
    await expect(turns.take()).rejects.toBeInstanceOf(OutOfTime)
    second()
  })

  test('are refused to all, those in the queue too, when there will be none', async () => {
    const turns = createTurns(10_000)
    await turns.take()
    const waiting = turns.take()
    turns.refuse(new Error('closed'))
    await expect(waiting).rejects.toThrow('closed')
    await expect(turns.take()).rejects.toThrow('closed')
  })
})
