import { describe, expect, it } from 'vitest'
import type { Line } from '../../../platform/http/read-lines.ts'
import { type Batch, batchesOf } from './batches.ts'

async function* linesOf(values: readonly object[], bytes = 10): AsyncGenerator<Line> {
  let number = 0
  for (const value of values) {
    number += 1
    yield { number, value: value as never, bytes }
  }
}

const app = (appId: string) => ({ type: 'app', appId, name: 'A' })
const version = (appId: string, configVersion: string) => ({
  type: 'version',
  appId,
  configVersion,
  data: {},
})
const release = (appId: string, configVersion: string, channel = 'stable') => ({
  type: 'release',
  appId,
  channel,
  configVersion,
})

const numbersOf = ({ entries, refused }: Batch): number[] =>
  [...entries, ...refused].map(({ line }) => line).sort((a, b) => a - b)

const batched = async (values: readonly object[], bytes?: number): Promise<number[][]> =>
  (await Array.fromAsync(batchesOf(linesOf(values, bytes)))).map(numbersOf)

describe('batches of an import', () => {
  it('hold 500 lines, in their order and each once', async () => {
    const numbers = await batched(Array.from({ length: 1_100 }, (_, i) => app(`a${i}`)))
    expect(numbers.map(({ length }) => length)).toEqual([500, 500, 100])
    expect(numbers.flat()).toEqual(Array.from({ length: 1_100 }, (_, i) => i + 1))
  })

  it('hold 8 MiB, however few lines that is', async () => {
    const megabytes = Array.from({ length: 20 }, (_, i) => version('a', `1.0.${i}`))
    expect((await batched(megabytes, 2 ** 20)).map(({ length }) => length)).toEqual([8, 8, 4])
  })

  it('end before a line that speaks again of the same thing', async () => {
    expect(await batched([app('a'), app('b'), app('a')])).toEqual([[1, 2], [3]])
    expect(await batched([version('a', '1.0.0'), version('b', '1.0.0'), version('a', '1.0.0')])).toEqual([
      [1, 2],
      [3],
    ])
    expect(
      await batched([release('a', '1.0.0'), release('a', '1.0.0', 'beta'), release('a', '1.1.0')]),
    ).toEqual([[1, 2], [3]])
  })

  it('end before settings that come after versions or releases of the app, for settings are done first', async () => {
    expect(await batched([app('a'), version('a', '1.0.0'), release('a', '1.0.0'), app('b')])).toEqual([
      [1, 2, 3, 4],
    ])
    expect(await batched([release('a', '1.0.0'), app('a')])).toEqual([[1], [2]])
    expect(await batched([version('a', '1.0.0'), app('a')])).toEqual([[1], [2]])
  })

  it('carry what is refused at sight, and nothing is no batch', async () => {
    const [batch] = await Array.fromAsync(batchesOf(linesOf([app('a'), { type: 'flag' }])))
    expect(batch?.refused).toMatchObject([{ line: 2, result: 'refused', problem: { pointer: '/type' } }])
    expect(await batched([])).toEqual([])
  })
})
