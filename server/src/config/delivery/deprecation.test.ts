import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseHttpDate } from '../../platform/http/conditional.ts'
import { deprecationHeaders } from './deprecation.ts'

const day = (text: string): number => Date.parse(text)
const api = { deprecatedAt: day('2027-01-01'), endsAt: day('2027-07-01') }

describe('Deprecation and Sunset', () => {
  it('are absent where nothing is deprecated', () => {
    expect(deprecationHeaders(null, undefined)).toBeUndefined()
    expect(deprecationHeaders('not a date', undefined)).toBeUndefined()
  })

  it('tell the moment of a config as both', () => {
    expect(deprecationHeaders('2027-06-30', undefined)).toEqual({
      deprecation: '@1814313600',
      sunset: 'Wed, 30 Jun 2027 00:00:00 GMT',
    })
  })

  it('tell the two moments of a version of the API', () => {
    expect(deprecationHeaders(null, api)).toEqual({
      deprecation: '@1798761600',
      sunset: 'Thu, 01 Jul 2027 00:00:00 GMT',
    })
  })

  it.each([
    ['2026-12-01', '@1796083200', 'Tue, 01 Dec 2026 00:00:00 GMT'],
    ['2027-04-01', '@1798761600', 'Thu, 01 Apr 2027 00:00:00 GMT'],
    ['2028-01-01', '@1798761600', 'Thu, 01 Jul 2027 00:00:00 GMT'],
  ])('tell the earlier moment of each where a config is deprecated on %s', (date, deprecation, sunset) => {
    expect(deprecationHeaders(date, api)).toEqual({ deprecation, sunset })
  })

  it('never end before they begin, and can be read back', () => {
    const moment = fc.integer({ min: 0, max: 4_000_000_000 }).map((seconds) => seconds * 1_000)
    fc.assert(
      fc.property(fc.option(moment), fc.option(fc.tuple(moment, moment)), (config, span) => {
        const [from = 0, until = 0] = [...(span ?? [])].sort((a, b) => a - b)
        const date = config === null ? null : new Date(config).toISOString()
        const headers = deprecationHeaders(date, span ? { deprecatedAt: from, endsAt: until } : undefined)
        fc.pre(config !== null || span !== null)
        const deprecatedAt = Number(/^@(\d+)$/.exec(headers?.deprecation ?? '')?.[1])
        expect(parseHttpDate(headers?.sunset ?? '')).toBeGreaterThanOrEqual(deprecatedAt)
      }),
    )
  })
})
