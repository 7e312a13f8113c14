import { describe, expect, it } from 'vitest'
import { capTally, other } from './cap-tally.ts'
import { addLatency, latencyAt } from './latencies.ts'
import { readTally } from './read-tally.ts'
import { addTally, countDevices, countIn, createTally, type Tally } from './tally.ts'
import { writeTally } from './write-tally.ts'

const tallyOf = (bucket: number, platform: string): Tally => {
  const tally = createTally()
  tally.requests = 2
  countIn(tally, 'platform', platform, { count: 2, bucket })
  countIn(tally, 'status', '304', { count: 2 })
  addLatency(tally.latencies, 0.4, 2)
  return tally
}

describe('tallies', () => {
  it('add up, and come back from their bytes as they were', () => {
    const tally = tallyOf(7, 'ios')
    addTally(tally, tallyOf(9999, 'android'))
    addTally(tally, tallyOf(7, 'android'))
    const read = readTally(writeTally(tally))
    expect(read.requests).toBe(6)
    expect(read.facets.get('platform')?.get('android')?.count).toBe(4)
    expect(countDevices(read)).toEqual({ devices: 2, atLeast: false })
    expect(latencyAt(read.latencies, 0.5)).toBeCloseTo(0.4, 2)
    expect(writeTally(read)).toEqual(writeTally(tally))
  })

  it('keep the sum of their counts when values are folded', () => {
    const tally = createTally()
    for (let at = 0; at < 300; at++) countIn(tally, 'country', `c${at}`, { count: at + 1, bucket: at })
    capTally(tally)
    expect(tally.facets.get('country')?.size).toBe(101)
    expect(tally.facets.get('country')?.get(other)?.count).toBe((200 * 201) / 2)
    expect(tally.folded.get('country')).toBe((200 * 201) / 2)
  })
})
