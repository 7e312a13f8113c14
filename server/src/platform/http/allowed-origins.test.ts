import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { allowedOrigins } from '../../../../contract/origin.ts'
import { compileOrigins } from './allowed-origins.ts'

const isTaken = (origin: string): boolean => allowedOrigins.safeParse([origin]).success

describe('origins that may read an app', () => {
  it('are met by what browsers send, and by nothing that looks like it', () => {
    const origins = compileOrigins(['https://shop.example.com', 'http://localhost:5173'])
    for (const origin of ['https://shop.example.com', 'http://localhost:5173']) {
      expect(origins?.has(origin)).toBe(true)
    }
    const others = [
      'http://shop.example.com',
      'https://shop.example.com:8443',
      'https://shop.example.com.evil.org',
    ]
    for (const origin of [...others, 'null', '', '*']) expect(origins?.has(origin)).toBe(false)
  })

  it('may stand for one label, and one alone', () => {
    const origins = compileOrigins(['https://*.example.com'])
    for (const name of ['a', 'pr-12', 'xn--bcher-kva'])
      expect(origins?.has(`https://${name}.example.com`)).toBe(true)
    const others = ['a.b', '', 'evil.org/', 'user@evil', 'evil.org:1', 'evil.org?']
    for (const name of others) expect(origins?.has(`https://${name}.example.com`)).toBe(false)
    for (const origin of ['https://example.com', 'https://.example.com', 'http://a.example.com']) {
      expect(origins?.has(origin)).toBe(false)
    }
  })

  it('are told apart by their tag, and are all where an app names none', () => {
    expect(compileOrigins(null)).toBeNull()
    expect(compileOrigins([])?.has('https://shop.example.com')).toBe(false)
    const lists = [
      [],
      ['https://a.example'],
      ['https://b.example'],
      ['https://a.example', 'https://b.example'],
    ]
    expect(new Set(lists.map((list) => compileOrigins(list)?.tag)).size).toBe(lists.length)
  })

  it('are taken where URL finds the same origin in them, and where apps in a web view have their own', () => {
    const port = fc.option(fc.integer({ min: 1, max: 65_535 }), { nil: undefined })
    fc.assert(
      fc.property(fc.constantFrom('http', 'https'), fc.domain(), port, (scheme, domain, at) => {
        const text = `${scheme}://${domain.toLowerCase()}${at === undefined ? '' : `:${at}`}`
        expect(isTaken(text)).toBe(new URL(text).origin === text)
      }),
    )
    const special = [
      'capacitor://localhost',
      'chrome-extension://abcdefgh',
      'http://[::1]:3000',
      'http://127.0.0.1',
    ]
    for (const origin of special) expect(isTaken(origin)).toBe(true)
  })

  it.each([
    ...[
      'https://Shop.example.com',
      'https://shop.example.com/',
      'https://shop.example.com/a',
      'shop.example.com',
    ],
    ...[
      'https://shop.example.com:443',
      'http://shop.example.com:80',
      'https://*',
      'https://*.com',
      '*',
      'null',
      '',
    ],
    ...[
      'https://a.*.example.com',
      'https://*a.example.com',
      'https://bücher.example',
      'https://a@b.example',
      ' https://a.b',
    ],
  ])('are no such as %j', (origin) => {
    expect(isTaken(origin)).toBe(false)
  })
})
