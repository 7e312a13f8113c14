import fc from 'fast-check'
import semver from 'semver'
import { describe, expect, it } from 'vitest'
import { coerceVersion } from './coerce-version.ts'

describe('a version', () => {
  it.each([
    ['1.2.3', '1.2.3'],
    ['1.2.3-beta.1+45', '1.2.3-beta.1+45'],
    ['1', '1.0.0'],
    ['1.2', '1.2.0'],
    ['14', '14.0.0'],
    ['1.2.3.4', '1.2.3'],
    ['10.0.22631.3880', '10.0.22631'],
    ['v1.2', '1.2.0'],
    ['V2.0.1', '2.0.1'],
    ['v1.2.3', '1.2.3'],
    ['1.2-beta', '1.2.0-beta'],
    ['2024.01.05', '2024.1.5'],
    ['1.2.3 (45)', '1.2.3'],
    ['1.2(45)', '1.2.0'],
    [' 1.2.3 ', '1.2.3'],
    ['0', '0.0.0'],
    ['00.0.1', '0.0.1'],
    ['1.2+7', '1.2.0'],
  ])('%j is %s', (text, expected) => {
    expect(coerceVersion(text)).toBe(expected)
  })

  it.each([
    '',
    'latest',
    'x1.2',
    '1.x',
    '1..2',
    '-1',
    '1.2.',
    '.5',
    '1,2',
    '1e3',
    '9'.repeat(30),
    '1.2-',
    '1.2-01',
    'v',
  ])('%j is none', (text) => {
    expect(coerceVersion(text)).toBeUndefined()
  })

  it('stays as it is where it is semantic', () => {
    const number = fc.integer({ min: 0, max: 1e9 }).map(String)
    const word = fc.stringMatching(/^[a-zA-Z][0-9a-zA-Z-]{0,5}$/)
    const words = fc.array(word, { minLength: 1, maxLength: 3 }).map((all) => all.join('.'))
    const part = (sign: string) =>
      fc.option(
        words.map((text) => `${sign}${text}`),
        { nil: '' },
      )
    fc.assert(
      fc.property(fc.tuple(number, number, number), part('-'), part('+'), (core, prerelease, build) => {
        const version = `${core.join('.')}${prerelease}${build}`
        expect(coerceVersion(version)).toBe(version)
        expect(coerceVersion(`v${version}`)).toBe(version)
      }),
    )
  })

  it('is semantic, or none, whatever the text', () => {
    const versionLike = fc.stringMatching(/^[v0-9.\-+a ()]{0,20}$/)
    fc.assert(
      fc.property(fc.oneof(fc.string(), versionLike), (text) => {
        const version = coerceVersion(text)
        if (version !== undefined) expect(semver.valid(version)).not.toBeNull()
      }),
      { numRuns: 2000 },
    )
  })
})
