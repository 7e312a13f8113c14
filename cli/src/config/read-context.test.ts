import { describe, expect, it } from 'vitest'
import { UsageProblem } from '../command.ts'
import { readContext } from './read-context.ts'

describe('--context', () => {
  it.each<[string[], Record<string, unknown>]>([
    [[], {}],
    [['platform=ios,appVersion=2.3.0'], { platform: 'ios', appVersion: '2.3.0' }],
    [['platform=ios', 'country=DE,bucket=1234'], { platform: 'ios', country: 'DE', bucket: 1234 }],
    [['language=de-AT,en,platform=web'], { language: 'de-AT,en', platform: 'web' }],
    [['plan=a=b, seats=5'], { plan: 'a=b', seats: '5' }],
    [['plan='], { plan: '' }],
  ])('%j is %j', (given, expected) => {
    expect(readContext(given)).toEqual(expected)
  })

  it.each([['ios'], ['=ios'], [''], ['bucket=x'], ['bucket=12345']])('%j is refused', (...given) => {
    expect(() => readContext(given)).toThrow(UsageProblem)
  })
})
