import { describe, expect, it } from 'vitest'
import { bucketOf, murmurHash3 } from './bucket-of.ts'

const hashOf = (text: string): number => murmurHash3(new TextEncoder().encode(text))

describe('murmurHash3', () => {
  // The first five are flagd's own, for the edges of its range; the others come from the reference in C++.
  it.each([
    ['ejOoVL', 0],
    ['bY9fO-', 1],
    ['SI7p-', 2_147_483_647],
    ['6LvT0', 2_147_483_648],
    ['ceQdGm', 4_294_967_295],
    ['', 0],
    ['hello', 613_153_351],
    ['The quick brown fox jumps over the lazy dog', 776_992_547],
  ])('of %j is %i', (text, hash) => {
    expect(hashOf(text)).toBe(hash)
  })
})

describe('bucketOf', () => {
  it('is the same for ever, in any language', () => {
    const texts = ['', 'a', 'install-1', '2f1e8a60-9d0b-4b6e-8a53-0d1f9c1f7a11', 'ü€😀']
    expect(texts.map(bucketOf)).toMatchInlineSnapshot(`
      [
        0,
        4850,
        3980,
        4341,
        6481,
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
