import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { acceptedCodings, codings, compress } from './encodings.ts'

describe('Accept-Encoding', () => {
  it.each([
    [null, ['identity']],
    ['', ['identity']],
    ['gzip', ['gzip', 'identity']],
    ['gzip, deflate, br, zstd', ['br', 'zstd', 'gzip', 'identity']],
    ['gzip;q=1.0, br;q=0.5', ['gzip', 'br', 'identity']],
    ['br;q=0, gzip', ['gzip', 'identity']],
    ['*', ['br', 'zstd', 'gzip', 'identity']],
    ['*;q=0', ['identity']],
    ['gzip;q=0, *', ['br', 'zstd', 'identity']],
    ['identity, gzip;q=0.5', ['identity']],
    ['identity;q=0, gzip;q=0.1', ['gzip', 'identity']],
    ['identity;q=0', ['identity']],
    ['GZIP', ['gzip', 'identity']],
    ['x-gzip', ['gzip', 'identity']],
    ['br ; q=0.8 , zstd; q=0.9', ['zstd', 'br', 'identity']],
    ['gzip;q=nonsense', ['identity']],
    ['compress, deflate', ['identity']],
  ])('%j asks for %j', (header, expected) => expect(acceptedCodings(header)).toEqual(expected))

  it('is remembered once parsed, unless it is longer than any client sends it', () => {
    expect(acceptedCodings('zstd, br')).toBe(acceptedCodings('zstd, br'))
    const long = `br${', x'.repeat(100)}`
    expect(acceptedCodings(long)).toEqual(['br', 'identity'])
    expect(acceptedCodings(long)).not.toBe(acceptedCodings(long))
  })

  it('always ends with identity and never names a coding twice, whatever was sent', () => {
    fc.assert(
      fc.property(fc.string(), (header) => {
        const accepted = acceptedCodings(header)
        expect(accepted.at(-1)).toBe('identity')
        expect(new Set(accepted).size).toBe(accepted.length)
        expect(codings).toEqual(expect.arrayContaining([...accepted]))
      }),
    )
  })
})

describe('compressing', () => {
  const text = Buffer.from(JSON.stringify({ words: Array(100).fill('parasol ☂') }))

  it('gives bytes that decode to what went in', async () => {
    expect(brotliDecompressSync((await compress('br', text)) ?? '')).toEqual(text)
    expect(gunzipSync((await compress('gzip', text)) ?? '')).toEqual(text)
    expect(zstdDecompressSync((await compress('zstd', text)) ?? '')).toEqual(text)
  })

  it('gives nothing where it does not pay', async () => {
    for (const coding of ['br', 'gzip', 'zstd'] as const)
      expect(await compress(coding, Buffer.from('{}'))).toBeUndefined()
  })
})
