import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Problem } from '../../../../contract/problems.ts'
import { normalizePath, normalizeTarget } from './normalize-target.ts'

const on = (target: string): string => `http://front.example${target}`

/** The detail of the problem that a path is refused with; undefined where it is taken. */
const refusal = (target: string): string | undefined => {
  try {
    normalizeTarget(on(target))
    return undefined
  } catch (error) {
    expect(error).toBeInstanceOf(Problem)
    expect((error as Problem).code).toBe('invalid_request')
    return (error as Problem).message
  }
}

describe('a path', () => {
  it.each(['/', '/v1/api/config/a.shop', '/a/', '/~a/b-c_d/..x/y..', "/!$&'()*+,;=:@", '/a?b=//../%zz', ''])(
    'that is clean is the same string: %j',
    (target) => {
      expect(normalizeTarget(on(target))).toBe(on(target))
    },
  )

  it.each([
    ['/v1/%61pi', '/v1/api'],
    ['/%7Ea%2d%2E%5f', '/~a-._'],
    ['/a%20b', '/a%20b'],
    ['/gr%c3%bcn', '/gr%C3%BCn'],
    ['/a%3ab%40', '/a%3Ab%40'],
    ['/100%25', '/100%25'],
    ['/a%252fb', '/a%252fb'],
    ['/%61?x=%61', '/a?x=%61'],
  ])('has one form: %s is %s', (target, normal) => {
    expect(normalizeTarget(on(target))).toBe(on(normal))
  })

  it.each([
    ['/a%2fb', 'encoded slash'],
    ['/a%2Fb', 'encoded slash'],
    ['/a%5cb', 'encoded backslash'],
    ['/a\\b', 'backslash'],
    ['//a', 'empty segments'],
    ['/a//', 'empty segments'],
    ['/a/../b', 'segments'],
    ['/a/.', 'segments'],
    ['/a/%2e%2E/b', 'segments'],
    ['/a/.%2e', 'segments'],
    ['/a/..;/b', 'segments'],
    ['/a/%2e.;x=1/b', 'segments'],
    ['/a/.;', 'segments'],
    ['/a%00', 'control character %00'],
    ['/a%0d%0a', 'control character %0d'],
    ['/a%7F', 'control character %7F'],
    ['/%', 'two hex digits'],
    ['/%4', 'two hex digits'],
    ['/%zz', 'two hex digits'],
    ['/%4%31', 'two hex digits'],
    ['/%C0%AF', 'UTF-8'],
    ['/%C0%AE%C0%AE/', 'UTF-8'],
    ['/%E0%80%AF', 'UTF-8'],
    ['/%ED%A0%80', 'UTF-8'],
    ['/%FF', 'UTF-8'],
    ['/%C3', 'UTF-8'],
    ['/a b', 'percent-encoded'],
    ['/gr\u00fcn', 'percent-encoded'],
    ['/a|b', 'percent-encoded'],
    ['/"<>', 'percent-encoded'],
    ['/a#b', 'fragment'],
    ['/a?b#c', 'fragment'],
  ])('is refused where it could be two: %s', (target, why) => {
    expect(refusal(target)).toContain(why)
  })

  it('ends where the key of a flag begins, which may have slashes', () => {
    const flags = '/v2/api/config/shop/ofrep/v1/evaluate/flags/'
    expect(normalizeTarget(on(`${flags}a%2Fb//c`))).toBe(on(`${flags}a%2Fb//c`))
    expect(normalizeTarget(on(`/v2/api/config/%73hop/ofrep/v1/evaluate/flags/a%2Fb`))).toBe(
      on(`${flags}a%2Fb`),
    )
    expect(refusal(`/v2/api/config/a%2fb/ofrep/v1/evaluate/flags/a`)).toContain('encoded slash')
    expect(refusal(`/catalog/ofrep/v1/evaluate/flags/a%2fb`)).toContain('encoded slash')
  })

  it('is the same once normalised, and says the same', () => {
    const segment = fc.string({ unit: 'grapheme', minLength: 1 }).map(encodeURIComponent)
    const path = fc.array(segment, { minLength: 1 }).map((segments) => `/${segments.join('/')}`)
    fc.assert(
      fc.property(path, (given) => {
        fc.pre(refusal(given) === undefined)
        const once = normalizePath(given)
        expect(normalizePath(once)).toBe(once)
        expect(decodeURIComponent(once)).toBe(decodeURIComponent(given))
      }),
    )
  })

  it('leads to what is taken as it is, or to a problem, whatever the bytes are', () => {
    const piece = fc.constantFrom('%', '2', 'f', 'e', '.', '/', '\\', '5c', '00', 'C0', 'AF', 'a', '\u00fc')
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const target = `/${pieces.join('')}`
        if (refusal(target) !== undefined) return
        const path = normalizeTarget(on(target)).slice(on('').length)
        expect(new URL(on(path)).pathname).toBe(path)
        expect(decodeURIComponent(path)).not.toMatch(/\\|\0|\/\/|\/\.\.?(\/|$)/)
        expect(decodeURIComponent(path).split('/').length).toBe(target.split('/').length)
      }),
    )
  })
})
