import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { largeData, publishApp, readConfig, release } from './operator.ts'
import type { Shape } from './shapes.ts'

const decode = {
  br: brotliDecompressSync,
  gzip: gunzipSync,
  zstd: zstdDecompressSync,
  identity: (bytes: Buffer) => bytes,
}
type Coding = keyof typeof decode

const preferences: [header: string, coding: Coding][] = [
  ['gzip', 'gzip'],
  ['br', 'br'],
  ['zstd', 'zstd'],
  ['x-gzip', 'gzip'],
  ['BR', 'br'],
  ['gzip, deflate, br', 'br'],
  ['gzip, deflate, br, zstd', 'br'],
  ['gzip, zstd', 'zstd'],
  ['br;q=0.1, gzip;q=0.9', 'gzip'],
  ['br;q=0, gzip', 'gzip'],
  ['*', 'br'],
  ['*;q=0.5, br;q=0', 'zstd'],
  ['identity', 'identity'],
  ['identity;q=1, gzip;q=0.5', 'identity'],
  ['deflate', 'identity'],
  ['unheard-of, gzip', 'gzip'],
  ['gzip;q=7', 'identity'],
  ['identity;q=0', 'identity'],
  ['*;q=0', 'identity'],
  ['', 'identity'],
  [';;,,', 'identity'],
]

/** Bodies are compressed as the client asks, and each form has a tag of its own. */
export const encodings = (shape: () => Shape): void => {
  describe('encodings', () => {
    it('answers each Accept-Encoding with the coding it likes best, whose bytes decode to the same text', async () => {
      const { appId } = await publishApp(shape(), largeData)
      const plain = await readConfig(shape(), appId)
      expect(plain.headers).not.toHaveProperty('content-encoding')
      for (const [header, coding] of preferences) {
        const answer = await readConfig(shape(), appId, { 'accept-encoding': header })
        expect(answer.headers['content-encoding'] ?? 'identity', header).toBe(coding)
        expect(answer.headers['content-length']).toBe(String(answer.body.byteLength))
        expect(decode[coding](answer.body).toString()).toBe(plain.text)
        expect(answer.headers.vary).toBe('Accept-Encoding')
        if (coding !== 'identity') expect(answer.body.byteLength).toBeLessThan(plain.body.byteLength)
      }
    })

    it('gives each coding an ETag of its own, stable over requests', async () => {
      const { appId } = await publishApp(shape(), largeData)
      const tagOf = async (coding: string) =>
        (await readConfig(shape(), appId, { 'accept-encoding': coding })).headers.etag
      const codings = Object.keys(decode)
      const tags = await Promise.all(codings.map(tagOf))
      expect(new Set(tags).size).toBe(codings.length)
      expect(await Promise.all(codings.map(tagOf))).toEqual(tags)
    })

    it('answers 304 to the tag of the coding the client has, with that tag', async () => {
      const { appId } = await publishApp(shape(), largeData)
      for (const coding of ['br', 'gzip', 'zstd']) {
        const full = await readConfig(shape(), appId, { 'accept-encoding': coding })
        const conditional = { 'accept-encoding': 'br, gzip, zstd', 'if-none-match': full.headers.etag ?? '' }
        const answer = await readConfig(shape(), appId, conditional)
        // A gateway of its own has stored each coding apart, and looks at the one that the client likes best.
        const isBest = coding === 'br' || !shape().apart
        expect(answer.status).toBe(isBest ? 304 : 200)
        if (isBest) expect(answer.headers.etag).toBe(full.headers.etag)
      }
    })

    it('answers 200 to the tag of a coding that the client does not accept now', async () => {
      const { appId } = await publishApp(shape(), largeData)
      const packed = await readConfig(shape(), appId, { 'accept-encoding': 'br' })
      const answer = await readConfig(shape(), appId, { 'if-none-match': packed.headers.etag ?? '' })
      expect(answer.status).toBe(200)
      expect(answer.headers).not.toHaveProperty('content-encoding')
    })

    it('answers HEAD with the length and coding of the compressed body', async () => {
      const { appId } = await publishApp(shape(), largeData)
      const get = await readConfig(shape(), appId, { 'accept-encoding': 'gzip' })
      const head = await readConfig(shape(), appId, { 'accept-encoding': 'gzip' }, 'HEAD')
      for (const name of ['content-encoding', 'content-length', 'etag'] as const) {
        expect(head.headers[name]).toBe(get.headers[name])
      }
      expect(head.body.byteLength).toBe(0)
    })

    it('sends what compressing would not make smaller as it is', async () => {
      const { appId } = await publishApp(shape(), {})
      const answer = await readConfig(shape(), appId, { 'accept-encoding': 'gzip' })
      expect(answer.headers).not.toHaveProperty('content-encoding')
      expect(answer.json()).toMatchObject({ data: {} })
    })

    it('answers many at once right after a release, each in its coding', async () => {
      const { appId } = await publishApp(shape(), largeData)
      await readConfig(shape(), appId, { 'accept-encoding': 'br' })
      await release(shape(), appId, '1.0.0')
      const codings = Array.from({ length: 40 }, (_, i) => Object.keys(decode)[i % 4] as Coding)
      const answers = await Promise.all(
        codings.map((coding) => readConfig(shape(), appId, { 'accept-encoding': coding })),
      )
      const texts = answers.map((answer, i) => decode[codings[i] ?? 'identity'](answer.body).toString())
      expect(new Set(texts).size).toBe(1)
      expect(JSON.parse(texts[0] ?? '')).toMatchObject({ data: largeData })
    })
  })
}
