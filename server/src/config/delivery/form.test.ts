import { afterEach, describe, expect, it } from 'vitest'
import { ask } from '../../../../tests/contract/ask.ts'
import { listen } from '../../platform/http/listen-node.ts'
import type { Listener } from '../../platform/http/listener.ts'
import { answerHeld } from './answer-held.ts'
import { headersFor, type Keeping } from './form.ts'
import { createHeldReleases } from './held-releases.ts'
import { snapshotOf } from './live/live.fixture.ts'
import { prepareRelease } from './prepare.ts'
import { ask as evaluated, rules } from './rules.fixture.ts'

let listener: Listener | undefined
afterEach(() => listener?.close(0))

/** What is told of who may keep an answer of /v1. */
const told = (keeping: Keeping, given = {}) => {
  const { plain } = prepareRelease(snapshotOf('shop', 5), { ...rules, ...given })
  const variant = plain.variants.identity
  if (!variant) throw new Error('nothing was made')
  const { full, unchanged } = headersFor(plain, variant, keeping)
  expect(unchanged.fields['parasol-cache-control']).toBe(full.fields['parasol-cache-control'])
  return full.fields['parasol-cache-control']
}

describe('what the edge cache of a gateway is told', () => {
  it.each<[Keeping, string | undefined]>([
    ['shared', 'max-age=10, stale-while-revalidate=10, stale-if-error=86400, sequence=5, channel="stable"'],
    ['keyed', 'max-age=10, stale-if-error=86400, sequence=5, channel="stable"'],
    ['exact', 'max-age=31536000, sequence=5, channel="stable"'],
    ['keyedExact', 'max-age=31536000, sequence=5, channel="stable"'],
    ['none', undefined],
  ])('of an answer kept as %s: %s', (keeping, expected) => {
    expect(told(keeping, { tellsEdge: true })).toBe(expected)
    expect(told(keeping)).toBeUndefined()
  })

  it('is no longer than what all caches are told', () => {
    expect(told('keyed', { tellsEdge: true, maxAgeSeconds: 0 })).toBe(
      'max-age=0, stale-if-error=86400, sequence=5, channel="stable"',
    )
  })
})

describe('an app that names the pages which may read it', () => {
  const allowedOrigins = ['https://shop.example.com', 'https://*.example.org']
  const open = async (origins: readonly string[] | null) => {
    const held = createHeldReleases(1_000_000, rules)
    const snapshot = { ...snapshotOf('shop', 5), ...(origins && { allowedOrigins: origins }) }
    const found = {
      ...{ key: 'shop', source: 'memory' as const },
      held: held.hold(snapshot, { unverified: false }),
    }
    const load = { pollFactor: () => 1, close: () => {} }
    const options = { held, rules, load, freshness: { staleSeconds: () => 0 } }
    const answer = (request: Request) => {
      const query = request.url.split('?')[1]
      return answerHeld(options, request, found, { channel: 'stable', query, isKeyed: false })
    }
    listener = await listen(answer, { host: '127.0.0.1', port: 0, onUnreadable: () => {} })
    const { url } = listener
    return (headers: Record<string, string>, query?: string) =>
      ask(query === undefined ? url : `${url}/?${query}`, { headers })
  }

  it('tells each of them itself, others nothing, and that answers differ by it', async () => {
    const read = await open(allowedOrigins)
    for (const query of [undefined, 'platform=ios']) {
      for (const [origin, allowed] of [
        ['https://shop.example.com', 'https://shop.example.com'],
        ['https://a.example.org', 'https://a.example.org'],
        ['https://evil.example', null],
        [undefined, null],
      ] as const) {
        const answer = await read(origin === undefined ? {} : { origin }, query)
        expect(answer.status).toBe(200)
        expect(answer.headers['access-control-allow-origin'] ?? null).toBe(allowed)
        expect(answer.headers.vary).toBe('Accept-Encoding, Origin')
        const unchanged = { 'if-none-match': answer.headers.etag ?? '', ...(origin && { origin }) }
        const again = await read(unchanged, query)
        expect([again.status, again.headers['access-control-allow-origin'] ?? null]).toEqual([304, allowed])
      }
    }
  })

  it('keeps headers of no more origins than a few, whoever asks', async () => {
    const read = await open(allowedOrigins)
    for (let at = 0; at < 100; at += 1) {
      const origin = `https://n${at}.example.org`
      expect((await read({ origin })).headers['access-control-allow-origin']).toBe(origin)
    }
  })

  it('has other ETags than before, since a 304 takes no header away from what is kept', async () => {
    const tags = [null, allowedOrigins, []].map((origins) => {
      const { plain, ...release } = prepareRelease(
        { ...snapshotOf('shop', 5), ...(origins && { allowedOrigins: origins }) },
        rules,
      )
      return [plain, evaluated({ plain, ...release }, '')].map((form) => form.variants.identity?.etag)
    })
    expect(new Set(tags.flat()).size).toBe(6)
    const since = { 'if-modified-since': new Date(Date.now() + 3_600_000).toUTCString() }
    expect((await (await open(allowedOrigins))(since)).status).toBe(200)
  })
})
