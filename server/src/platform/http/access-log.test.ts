import { pino } from 'pino'
import { expect, it } from 'vitest'
import { type AccessLogOptions, createAccessLog } from './access-log.ts'
import { contextOf, type RequestFacts } from './request-context.ts'

const open = (options: Partial<AccessLogOptions> = {}, level = 'info') => {
  const lines: Record<string, unknown>[] = []
  const log = pino({ level, base: null, timestamp: false }, { write: (line) => lines.push(JSON.parse(line)) })
  const clock = { ms: 5_000 }
  const accessLog = createAccessLog(log, {
    ...{ accessLogOneIn: 1, logAddresses: 'truncated', now: () => clock.ms },
    ...options,
  })
  /** Whether a request got a line. */
  const ask = (
    status: number,
    { path = '/v1/api/config/shop', tookMs = 1, traceId = '', facts = {} as RequestFacts } = {},
  ): boolean => {
    const headers = traceId && { traceparent: `00-${traceId}-00f067aa0ba902b7-00` }
    const request = new Request(`http://front.example${path}`, { headers: headers || {} })
    Object.assign(contextOf(request), facts)
    const before = lines.length
    const startedAt = accessLog.begin()
    clock.ms += tookMs
    if (startedAt > 0) accessLog.write(request, path.replace(/\?.*/, ''), status, startedAt)
    return lines.length > before
  }
  return { ask, lines, clock }
}
/** Trace ids that one in two, and none of them, are chosen by. */
const even = `${'a'.repeat(31)}2`
const odd = `${'a'.repeat(31)}3`

it('writes one line with what is known of the request, and with nothing that is not', () => {
  const { ask, lines } = open()
  ask(200, { traceId: even, tookMs: 1.23456 })
  expect(lines).toEqual([
    {
      ...{ level: 30, msg: 'request', requestId: even, traceId: even },
      ...{ method: 'GET', path: '/v1/api/config/shop', status: 200, durationMs: 1.235 },
    },
  ])
  const client = { address: '203.0.113.9', prefix: '203.0.113.9' }
  ask(429, { facts: { client, appId: 'shop', keyId: 'k1', cacheState: 'hit', limited: 'burst', bytes: 17 } })
  expect(lines[1]).toMatchObject({
    ...{ appId: 'shop', keyId: 'k1', cache: 'hit', limited: 'burst', bytes: 17, client: '203.0.113.0/24' },
  })
})

it.each([
  ['truncated', '203.0.113.9', '203.0.113.9', '203.0.113.0/24'],
  ['truncated', '2001:db8:1:2::9', '2001:db8:1:2::/64', '2001:db8:1::/48'],
  ['truncated', 'unknown', 'unknown', 'unknown'],
  ['whole', '2001:db8:1:2::9', '2001:db8:1:2::/64', '2001:db8:1:2::9'],
  ['none', '203.0.113.9', '203.0.113.9', undefined],
] as const)('%s: %s', (logAddresses, address, prefix, written) => {
  const { ask, lines } = open({ logAddresses })
  ask(200, { facts: { client: { address, prefix } } })
  expect(lines[0]?.client).toBe(written)
})

it('writes the same share of the successful in every process: their trace ids tell', () => {
  const { ask } = open({ accessLogOneIn: 2 })
  for (let n = 0; n < 5; n++) {
    expect(ask(200, { traceId: even })).toBe(true)
    expect(ask(304, { traceId: odd })).toBe(false)
  }
  const many = open({ accessLogOneIn: 10 })
  const written = Array.from({ length: 5_000 }, () => many.ask(200)).filter(Boolean).length
  expect(written).toBeGreaterThan(300)
  expect(written).toBeLessThan(800)
})

it('writes no success at 0, and always failures and what is slow but was not asked to wait', () => {
  const { ask } = open({ accessLogOneIn: 0 })
  expect(ask(200)).toBe(false)
  expect(ask(200, { tookMs: 999 })).toBe(false)
  expect(ask(200, { tookMs: 1_000 })).toBe(true)
  for (const status of [500, 502, 503]) expect(ask(status)).toBe(true)
  expect(ask(200, { path: '/v2/api/config/shop?wait=30&revision=7', tookMs: 30_000 })).toBe(false)
  expect(ask(200, { path: '/v2/api/config/shop/stream?key=k', tookMs: 2_000 })).toBe(false)
  expect(ask(200, { path: '/v2/api/config/shop?wait=999', tookMs: 30_000 })).toBe(true)
})

it('writes the first hundred refusals of a second, and of the others a share', () => {
  const { ask, clock } = open({ accessLogOneIn: 2 })
  const flood = (): boolean[] => Array.from({ length: 150 }, () => ask(429, { traceId: odd, tookMs: 0 }))
  expect(flood().filter(Boolean)).toHaveLength(100)
  expect(ask(401, { traceId: even, tookMs: 0 })).toBe(true)
  clock.ms += 1_000
  expect(flood().filter(Boolean)).toHaveLength(100)
})

it('looks at no clock when nothing is logged', () => {
  const now = (): number => {
    throw new Error('asked for the time')
  }
  const { ask } = open({ now }, 'warn')
  expect(ask(500)).toBe(false)
})

it('writes of an endless path its beginning, and nothing of a fragment', () => {
  const { ask, lines } = open()
  ask(404, { path: `/${'x'.repeat(10_000)}` })
  expect(lines[0]?.path).toHaveLength(256)
  ask(404, { path: '/back#access_token=secret' })
  expect(lines[1]?.path).toBe('/back')
  ask(404, { facts: { appId: 'x'.repeat(129) } })
  expect(lines[2]).not.toHaveProperty('appId')
})
