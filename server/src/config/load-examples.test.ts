import { expect, it } from 'vitest'
import { loadExamples } from './load-examples.ts'

const busy = () => Response.json({ code: 'store_unavailable' }, { status: 503 })
const stopped = () => Response.json({ refused: 0, stopped: { line: 3 } })
const loaded = () => Response.json({ refused: 0 })
const refused = () => Response.json({ refused: 1 })

/** A management API that gives these answers one after the other, the last of them again and again. */
const answering = (...answers: (() => Response)[]) => {
  const asked: string[] = []
  const api = async (request: Request): Promise<Response> => {
    asked.push(await request.text())
    return (answers[Math.min(asked.length, answers.length) - 1] ?? loaded)()
  }
  return { api, asked }
}

it('loads the examples again where they were not taken, all of them each time', async () => {
  const { api, asked } = answering(busy, stopped, refused, loaded)
  expect((await loadExamples(api, 'token', 0)).apps).toBeGreaterThan(0)
  expect(asked).toHaveLength(4)
  expect(new Set(asked).size).toBe(1)
})

it('gives up where they are refused each time, and says why', async () => {
  const away = answering(busy)
  await expect(loadExamples(away.api, 'token', 0)).rejects.toThrow('store_unavailable')
  expect(away.asked).toHaveLength(5)
})
