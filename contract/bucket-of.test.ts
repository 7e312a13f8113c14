import { describe, expect, it } from 'vitest'
import { bucketOf } from './bucket-of.ts'

describe('bucketOf', () => {
  it('is the same for ever, in any language', () => {
    const texts = ['', 'a', 'install-1', '2f1e8a60-9d0b-4b6e-8a53-0d1f9c1f7a11', 'ü€😀']
    expect(texts.map(bucketOf)).toMatchInlineSnapshot(`
      [
        8923,
        1715,
        4196,
        2714,
        6799,
      ]
    `)
  })

  it('spreads ids that differ by a number over all buckets alike', () => {
    const counts = new Array<number>(100).fill(0)
    for (let id = 0; id < 100_000; id++) {
      const hundred = Math.floor(bucketOf(`install-${id}`) / 100)
      counts[hundred] = (counts[hundred] ?? 0) + 1
    }
    // 1,000 expected in each hundred of neighbours, standard deviation 31.
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(180)
  })
})
