import fc from 'fast-check'
import { addDevice } from './devices.ts'
import { hashText } from './hash-device.ts'
import { addLatency } from './latencies.ts'
import { createTally, groupOf, type Tally } from './tally.ts'

const facet = fc.constantFrom(
  'platform',
  'status',
  'revision',
  'event',
  'event/app_error/platform',
  'ein Maß',
)
const value = fc.oneof(
  fc.constantFrom('ios', 'android', 'none', 'other', '42', '1.2.3', 'DE', 'a/b', ''),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
)
const entry = fc.record({
  facet,
  value,
  count: fc.oneof(fc.nat(20), fc.integer({ min: 0, max: 2 ** 40 })),
  buckets: fc.oneof(
    fc.array(fc.nat(9999), { maxLength: 6 }),
    // From few to nearly all buckets, so that lists, bitmaps and what is left out all occur.
    fc
      .tuple(fc.nat(9999), fc.constantFrom(40, 511, 700, 9990))
      .map(([start, length]) => Array.from({ length }, (_, at) => (start + at * 7) % 10_000)),
  ),
})
const latency = fc.record({
  milliseconds: fc.double({ min: 0, max: 3_000_000, noNaN: true }),
  count: fc.integer({ min: 1, max: 1e6 }),
})

/** Any tally, with devices of an app or above apps. */
export const anyTally = (kind: 'buckets' | 'hashes'): fc.Arbitrary<Tally> =>
  fc
    .record({
      requests: fc.nat(1000),
      entries: fc.array(entry, { maxLength: 8 }),
      latencies: fc.array(latency, { maxLength: 20 }),
      folded: fc.dictionary(facet, fc.nat(99), { maxKeys: 2 }),
    })
    .map(({ requests, entries, latencies, folded }) => {
      const tally = createTally()
      tally.requests = requests
      for (const { facet, value, count, buckets } of entries) {
        const group = groupOf(tally, facet, value, kind)
        group.count += count
        for (const bucket of buckets) addDevice(group.devices, bucket, app)
      }
      for (const { milliseconds, count } of latencies) addLatency(tally.latencies, milliseconds, count)
      for (const [facet, count] of Object.entries(folded)) tally.folded.set(facet, count)
      return tally
    })

const app = hashText('shop')

/** Numbers 0 <= n < 1 that look random and are the same in every run (Mulberry32). */
export const drawsOf = (seed: number): (() => number) => {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
