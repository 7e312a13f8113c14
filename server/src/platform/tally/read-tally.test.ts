import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { UnreadableTally } from './bits.ts'
import { bucketSetOf } from './bucket-set.ts'
import { readTally } from './read-tally.ts'
import { anyTally } from './tally.fixture.ts'
import { countIn, createTally, groupOf } from './tally.ts'
import { writeTally } from './write-tally.ts'

const readOrRefuse = (bytes: Uint8Array): void => {
  try {
    readTally(bytes)
  } catch (error) {
    expect(error).toBeInstanceOf(UnreadableTally)
  }
}

describe('bytes of a tally', () => {
  it('are refused where they are cut short', () => {
    const tally = createTally()
    tally.requests = 9
    for (let bucket = 0; bucket < 90; bucket++) countIn(tally, 'country', `c${bucket % 9}`, { bucket })
    const bytes = writeTally(tally)
    for (let length = 0; length < bytes.length; length++) {
      expect(() => readTally(bytes.subarray(0, length))).toThrow(UnreadableTally)
    }
  })

  it('are refused, or read as a tally, whatever they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => readOrRefuse(Uint8Array.of(1, ...bytes))),
      { numRuns: 2000 },
    )
  })

  it('are refused, or read as a tally, where some of them were changed', () => {
    const changed = fc.tuple(
      fc.oneof(anyTally('buckets'), anyTally('hashes')).map(writeTally),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
    )
    fc.assert(
      fc.property(changed, ([bytes, changes]) => {
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte
        readOrRefuse(bytes)
      }),
      { numRuns: 60 },
    )
  })

  it('of a later format are refused', () => {
    expect(() => readTally(Uint8Array.of(2, 0, 0))).toThrow('format 2')
    expect(() => readTally(new Uint8Array())).toThrow(UnreadableTally)
  })

  it('that would take far more memory than they are long are refused', () => {
    const tally = createTally()
    const sets = Array.from({ length: 513 }, (_, missing) =>
      bucketSetOf(Uint16Array.from({ length: 512 }, (_, at) => (at < missing ? at : at + 1))),
    )
    for (let at = 0; at < 513; at++) {
      const set = sets[at]
      if (set !== undefined) groupOf(tally, 'country', `${at}`).devices = set
    }
    const bytes = writeTally(tally)
    expect(bytes.length).toBeLessThan(7000)
    expect(() => readTally(bytes, undefined, { sets: 100_000, sketches: 0 })).toThrow('more memory')
    expect(readTally(bytes).facets.get('country')?.size).toBe(513)
  })
})
