import { describe, expect, it } from 'vitest'
import { normalizePlatform } from './normalize-platform.ts'

describe('a platform', () => {
  it.each([
    ['ios', 'ios'],
    ['iOS', 'ios'],
    ['iPhone OS', 'ios'],
    ['iPadOS', 'ios'],
    ['ipad_os', 'ios'],
    ['ANDROID', 'android'],
    ['Web', 'web'],
    ['Mac OS X', 'macos'],
    ['macOS', 'macos'],
    ['darwin', 'macos'],
    ['win32', 'windows'],
    ['GNU/Linux', 'linux'],
    ['Apple TV', 'tvos'],
    ['tvOS', 'tvos'],
    ['watchOS', 'watchos'],
    ['Fuchsia', 'fuchsia'],
    [' Nintendo Switch ', 'nintendo switch'],
    ['visionOS', 'visionos'],
  ])('%j is %s', (text, expected) => {
    expect(normalizePlatform(text)).toBe(expected)
  })

  it.each(['', ' ', '-', 'a\u0000b', 'x'.repeat(65), '<script>'])('%j is none', (text) => {
    expect(normalizePlatform(text)).toBeUndefined()
  })

  it('has a name that stays as it is', () => {
    for (const name of ['ios', 'android', 'web', 'macos', 'windows', 'linux', 'tvos', 'watchos', 'fuchsia']) {
      expect(normalizePlatform(name)).toBe(name)
    }
  })
})
