import { expect, it } from 'vitest'
import { logRarely } from './log-rarely.ts'

const openLines = () => {
  const lines: { kind: string; error: unknown; leftOut: number }[] = []
  return {
    lines,
    write: (kind: string, error: unknown, leftOut: number) => lines.push({ kind, error, leftOut }),
  }
}

it('writes the first failure of each kind at once, and leaves out the others', () => {
  const { lines, write } = openLines()
  const log = logRarely(60_000, write)
  for (let n = 0; n < 50; n++) {
    log('cache', `cache ${n}`)
    log('database', `database ${n}`)
  }
  expect(lines).toEqual([
    { kind: 'cache', error: 'cache 0', leftOut: 0 },
    { kind: 'database', error: 'database 0', leftOut: 0 },
  ])
})

it('writes the latest when the time is over, with the number of those left out', async () => {
  const { lines, write } = openLines()
  const log = logRarely(20, write)
  for (let n = 0; n < 50; n++) log('cache', n)
  await expect
    .poll(() => lines)
    .toEqual([
      { kind: 'cache', error: 0, leftOut: 0 },
      { kind: 'cache', error: 49, leftOut: 48 },
    ])
})

it('writes at once again after a time without failures', async () => {
  const { lines, write } = openLines()
  const log = logRarely(1, write)
  log('cache', 'before')
  await new Promise((resolve) => setTimeout(resolve, 20))
  log('cache', 'after')
  expect(lines.map(({ error, leftOut }) => [error, leftOut])).toEqual([
    ['before', 0],
    ['after', 0],
  ])
})
