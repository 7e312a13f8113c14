import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bucketsOf } from './bucket-set.ts'
import { capTally, other } from './cap-tally.ts'
import { addDevice, type Devices } from './devices.ts'
import { hashText } from './hash-device.ts'
import { readTally } from './read-tally.ts'
import { anyTally } from './tally.fixture.ts'
import { addTally, countDevices, countIn, createTally, devicesOf, groupOf, type Tally } from './tally.ts'
import { writeTally } from './write-tally.ts'

const kinds = ['buckets', 'hashes'] as const
const bytesOf = (...tallies: Tally[]): Buffer => {
  const sum = createTally()
  for (const tally of tallies) addTally(sum, tally)
  return Buffer.from(writeTally(sum))
}
const bucketTexts = (devices: Devices | undefined): string =>
  devices?.kind === 'buckets' ? bucketsOf(devices).join() : ''
const countsOf = (tally: Tally): [string, number][] =>
  [...tally.facets].map(([facet, values]) => [
    facet,
    [...values.values()].reduce((sum, { count }) => sum + count, 0),
  ])

describe.each(kinds)('tallies with %s', (kind) => {
  it('come back from their bytes as they were', () => {
    fc.assert(
      fc.property(anyTally(kind), (tally) => {
        const read = readTally(writeTally(tally))
        expect(read.requests).toBe(tally.requests)
        expect(read.folded).toEqual(tally.folded)
        expect(countsOf(read)).toEqual(countsOf(tally).sort(([one], [two]) => (one < two ? -1 : 1)))
        expect(read.latencies.count).toBe(tally.latencies.count)
        expect(Buffer.from(writeTally(read)).equals(writeTally(tally))).toBe(true)
      }),
      { numRuns: 30 },
    )
  })

  it('add up to the same in any order, and lose no count', () => {
    fc.assert(
      fc.property(anyTally(kind), anyTally(kind), anyTally(kind), (one, two, three) => {
        const before = Buffer.concat([one, two, three].map(writeTally))
        const sum = bytesOf(one, two, three)
        expect(bytesOf(three, one, two).equals(sum)).toBe(true)
        expect(bytesOf(one, readTally(bytesOf(two, three))).equals(sum)).toBe(true)
        expect(Buffer.concat([one, two, three].map(writeTally)).equals(before)).toBe(true)
        const counts = new Map<string, number>()
        for (const tally of [one, two, three]) {
          for (const [facet, count] of countsOf(tally)) counts.set(facet, (counts.get(facet) ?? 0) + count)
        }
        expect(new Map(countsOf(readTally(sum)))).toEqual(counts)
      }),
      { numRuns: 20 },
    )
  })
})

describe('devices of a tally', () => {
  it('stay with the group that saw them', () => {
    const tally = createTally()
    for (let bucket = 0; bucket < 900; bucket++) {
      countIn(tally, 'platform', bucket % 3 === 0 ? 'ios' : 'android', { bucket })
      countIn(tally, 'revision', '42', { bucket })
    }
    const read = readTally(writeTally(tally))
    for (const facet of ['platform', 'revision']) {
      for (const [value, { devices }] of tally.facets.get(facet) ?? []) {
        const again = read.facets.get(facet)?.get(value)?.devices
        expect(bucketTexts(again)).toBe(bucketTexts(devices))
      }
    }
    expect(devicesOf(read)).toMatchObject({ size: 900 })
  })

  it('are told apart by their app above apps', () => {
    const fleet = createTally()
    const { devices } = groupOf(fleet, 'platform', 'ios', 'hashes')
    for (const appId of ['shop', 'news', 'game']) {
      for (let bucket = 0; bucket < 100; bucket++) addDevice(devices, bucket, hashText(appId))
    }
    expect(countDevices(fleet).devices).toBeGreaterThan(294)
    expect(countDevices(fleet).devices).toBeLessThan(306)
  })

  it('of an app and above apps do not mix', () => {
    const fleet = createTally()
    addDevice(groupOf(fleet, 'platform', 'ios', 'hashes').devices, 1, hashText('shop'))
    const tally = createTally()
    countIn(tally, 'platform', 'ios', { bucket: 1 })
    expect(() => addTally(fleet, tally)).toThrow(TypeError)
    expect(() => countIn(tally, 'platform', 'ios', { bucket: 10_000 })).toThrow(RangeError)
  })
})

describe('a capped tally', () => {
  it('keeps the most frequent values, and the sum of all', () => {
    const tally = createTally()
    for (let at = 0; at < 300; at++) countIn(tally, 'country', `c${at}`, { count: at + 1, bucket: at })
    capTally(tally)
    const values = tally.facets.get('country')
    expect(values?.size).toBe(101)
    expect(values?.has('c200')).toBe(true)
    expect(values?.get(other)).toMatchObject({ count: (200 * 201) / 2, devices: { size: 200 } })
    expect(tally.folded.get('country')).toBe((200 * 201) / 2)
  })

  it('takes an event that does not fit along with all that is told of it', () => {
    const tally = createTally()
    for (let at = 0; at < 60; at++) {
      countIn(tally, 'event', `e${at}`, { count: 100 - at })
      countIn(tally, `event/e${at}/platform`, 'ios', { count: 100 - at })
      for (let property = 0; property < 25; property++) {
        countIn(tally, `event/e${at}/property/p/${property}`, 'x', { count: property + 1 })
      }
    }
    const before = countsOf(tally).reduce((sum, [, count]) => sum + count, 0)
    capTally(tally)
    expect(tally.facets.get('event')?.size).toBe(51)
    expect(tally.facets.get('event')?.get(other)?.count).toBe(10 * 50 - 45)
    expect(tally.facets.get(`event/${other}/platform`)?.get('ios')?.count).toBe(10 * 50 - 45)
    expect(tally.facets.has('event/e55/platform')).toBe(false)
    expect(tally.facets.get('event/e0/property/p/24')?.get('x')?.count).toBe(25)
    expect(tally.facets.get('event/e0/property/other')?.get(other)?.count).toBe(1 + 2 + 3 + 4 + 5)
    expect(countsOf(tally).reduce((sum, [, count]) => sum + count, 0)).toBe(before)
  })

  it('does not tell apart what is too long together: properties that count least go first', () => {
    const tally = createTally()
    for (let property = 0; property < 20; property++)
      for (let value = 0; value < 100; value++) {
        const text = `${value}`.padEnd(300, 'x')
        countIn(tally, `event/e/property/p${property}`, text, { count: 100 - property })
      }
    for (let value = 0; value < 100; value++) countIn(tally, 'event/e/appVersion', `1.${value}`)
    const before = countsOf(tally).sort()
    capTally(tally)
    const sizes = Array.from({ length: 20 }, (_, p) => tally.facets.get(`event/e/property/p${p}`)?.size)
    expect(sizes).toEqual([...Array(12).fill(100), ...Array(8).fill(1)])
    expect(tally.facets.get('event/e/appVersion')?.size).toBe(100)
    expect(tally.folded.get('event/e/property/p19')).toBe(81 * 100)
    expect(countsOf(tally).sort()).toEqual(before)
  })

  it('can be read again, however much is told apart', () => {
    const tally = createTally()
    for (let event = 0; event < 100; event++) {
      countIn(tally, 'event', `e${event}`)
      for (let property = 0; property < 50; property++)
        for (let value = 0; value < 60; value++)
          countIn(tally, `event/e${event}/property/p${property}`, `${value}`)
    }
    expect(() => readTally(writeTally(tally))).toThrow('more values than any tally has')
    capTally(tally, { events: 100, properties: 50, values: 200 })
    expect(readTally(writeTally(tally)).facets.size).toBe(5_001)
  })

  it('loses no count, whatever is in it', () => {
    fc.assert(
      fc.property(anyTally('buckets'), fc.nat(3), (tally, most) => {
        const before = countsOf(tally).sort()
        capTally(tally, { values: most, events: most, properties: most })
        expect(countsOf(tally).sort()).toEqual(before)
        for (const values of tally.facets.values()) expect(values.size).toBeLessThanOrEqual(most + 1)
      }),
      { numRuns: 20 },
    )
  })
})
