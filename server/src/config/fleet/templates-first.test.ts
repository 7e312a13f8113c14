import { describe, expect, it } from 'vitest'
import { templatesFirst } from './templates-first.ts'

const orderOf = (...ties: [appId: string, above: string | null, standsOn?: string[]][]): string =>
  templatesFirst(ties.map(([appId, above, standsOn = []]) => ({ appId, extends: above, standsOn })))
    .map(({ appId }) => appId)
    .join(' ')

describe('templatesFirst', () => {
  it('goes by levels of what is extended, and by the order given in each', () => {
    expect(orderOf(['a', 'd'], ['b', null], ['c', 'b'], ['d', null], ['e', 'a'])).toBe('b d a c e')
  })

  it('puts also before a template what it stands on and does not extend', () => {
    expect(orderOf(['a', null, ['b']], ['b', 'c', ['c']], ['c', null])).toBe('c b a')
    expect(orderOf(['a', 'b', []], ['b', null, ['c', 'd']], ['c', null], ['d', 'c'])).toBe('c d b a')
  })

  it('puts first what is extended where what is stood on leads in a circle', () => {
    expect(orderOf(['b', 't', ['t']], ['t', null, ['b']])).toBe('t b')
    expect(orderOf(['t', null, ['z']], ['z', 't', ['t']])).toBe('t z')
    expect(orderOf(['a', null, ['b']], ['b', null, ['a']])).toBe('a b')
  })
})
