import { describe, expect, it } from 'vitest'
import { beginningOf, floorTo, isTimeZone, type Slice, sliceTime, writeMoment } from './slice-time.ts'

const hour = 3_600_000
const berlin = 'Europe/Berlin'
const hoursOf = (slices: readonly Slice[]) => slices.map(({ start, end }) => (end - start) / hour)
const days = (from: string, to: string, timeZone: string) =>
  sliceTime({ from: beginningOf(from, timeZone), to: beginningOf(to, timeZone), interval: 'day', timeZone })

describe('time', () => {
  it('has a day of 25 hours and one of 23 in Berlin', () => {
    expect(hoursOf(days('2026-10-24', '2026-10-27', berlin))).toEqual([24, 25, 24])
    expect(hoursOf(days('2027-03-27', '2027-03-30', berlin))).toEqual([24, 23, 24])
  })

  it('tells both hours apart that have the same name', () => {
    const [from, to] = [Date.parse('2026-10-25T00:00:00Z'), Date.parse('2026-10-25T03:00:00Z')]
    const slices = sliceTime({ from, to, interval: 'hour', timeZone: berlin })
    expect(slices.map(({ start }) => writeMoment(start, berlin))).toEqual([
      '2026-10-25T02:00:00+02:00',
      '2026-10-25T02:00:00+01:00',
      '2026-10-25T03:00:00+01:00',
    ])
  })

  it('begins days where they begin: not always at 0:00, and some days were left out', () => {
    expect(writeMoment(beginningOf('2018-11-04', 'America/Sao_Paulo'), 'America/Sao_Paulo')).toBe(
      '2018-11-04T01:00:00-02:00',
    )
    const slices = days('2011-12-29', '2012-01-01', 'Pacific/Apia')
    expect(slices.map(({ start }) => writeMoment(start, 'Pacific/Apia'))).toEqual([
      '2011-12-29T00:00:00-10:00',
      '2011-12-31T00:00:00+14:00',
    ])
  })

  it('has hours that begin at the half in India, at :45 in Nepal, and one of 30 minutes on Lord Howe', () => {
    const at = (timeZone: string) => floorTo('hour', Date.parse('2026-11-23T10:40:00Z'), timeZone)
    expect(new Date(at('Asia/Kolkata')).toISOString()).toBe('2026-11-23T10:30:00.000Z')
    expect(new Date(at('Asia/Kathmandu')).toISOString()).toBe('2026-11-23T10:15:00.000Z')
    const timeZone = 'Australia/Lord_Howe'
    // On 4 April 2027 the clock goes back from 2:00 to 1:30.
    const [from, to] = [Date.parse('2027-04-03T14:00:00Z'), Date.parse('2027-04-03T16:30:00Z')]
    const slices = sliceTime({ from, to, interval: 'hour', timeZone })
    expect(slices.map(({ start }) => writeMoment(start, timeZone))).toEqual([
      '2027-04-04T01:00:00+11:00',
      '2027-04-04T01:30:00+10:30',
      '2027-04-04T02:00:00+10:30',
    ])
  })

  it('cuts weeks from Monday and months of any length, the first and the last short', () => {
    const [from, to] = [Date.parse('2027-01-27T06:30:00Z'), Date.parse('2027-03-02T12:00:00Z')]
    const startsOf = (interval: 'week' | 'month' | 'total') =>
      sliceTime({ from, to, interval, timeZone: 'UTC' }).map(({ start }) => new Date(start).toISOString())
    expect(startsOf('month')).toEqual([
      '2027-01-27T06:30:00.000Z',
      '2027-02-01T00:00:00.000Z',
      '2027-03-01T00:00:00.000Z',
    ])
    expect(startsOf('week').slice(0, 2)).toEqual(['2027-01-27T06:30:00.000Z', '2027-02-01T00:00:00.000Z'])
    expect(startsOf('total')).toEqual(['2027-01-27T06:30:00.000Z'])
  })

  it.each(['minute', 'hour', 'day', 'week', 'month', 'total'] as const)(
    'leaves nothing out and has nothing twice, by the %s and in any zone',
    (interval) => {
      for (const timeZone of ['UTC', berlin, 'Asia/Kathmandu', 'Australia/Lord_Howe', '-09:30']) {
        const [from, to] = [Date.parse('2026-10-23T05:07:00Z'), Date.parse('2026-10-27T17:21:00Z')]
        const slices = sliceTime({ from, to, interval, timeZone })
        expect([slices[0]?.start, slices.at(-1)?.end]).toEqual([from, to])
        for (const [index, { start, end }] of slices.entries()) {
          expect(end).toBeGreaterThan(start)
          if (index > 0) expect(start).toBe(slices[index - 1]?.end)
        }
      }
    },
  )

  it('knows time zones by name and as offsets, and no others', () => {
    expect(['UTC', berlin, '+05:30', 'US/Pacific'].map(isTimeZone)).toEqual([true, true, true, true])
    expect(['', 'Berlin', 'Mars/Base', 'GMT+1'].map(isTimeZone)).toEqual([false, false, false, false])
  })
})
