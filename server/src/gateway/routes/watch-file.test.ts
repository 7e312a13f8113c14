import { afterEach, expect, it, vi } from 'vitest'
import { watchFile } from './watch-file.ts'

afterEach(() => void vi.useRealTimers())

it('hands over what a file says once it is written, and nothing that was read in the middle of that', async () => {
  vi.useFakeTimers()
  const reads = ['old', '', 'ne', 'new', 'new', 'new']
  const changed: string[] = []
  const end = watchFile(
    'routes.yaml',
    'old',
    (text) => changed.push(text),
    () => {},
    async () => reads.shift() ?? 'new',
  )
  await vi.advanceTimersByTimeAsync(2_500)
  expect(changed).toEqual([])
  await vi.advanceTimersByTimeAsync(3_000)
  expect(changed).toEqual(['new'])
  end()
})
