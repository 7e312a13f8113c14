import { expect, it } from 'vitest'
import { contextOf, type RequestFacts } from '../http/request-context.ts'
import { measureRequests, standardBounds } from './measure-requests.ts'
import { createMeters } from './meters.ts'

const open = () => {
  const meters = createMeters()
  const requests = measureRequests(meters)
  const note = (
    facts: RequestFacts,
    status = 200,
    { ms = 1, method = 'GET', scheme = 'http' } = {},
  ): void => {
    const request = new Request(`${scheme}://front.example/`, { method })
    Object.assign(contextOf(request), facts)
    requests.note(request, contextOf(request), status, ms)
  }
  const points = async (name: string) =>
    (await meters.collect()).find((metric) => metric.name === name)?.points ?? []
  return { meters, requests, note, points }
}
const read = { route: '/v1/api/config/{appId}', cacheState: 'hit' }

it('tells requests apart by method, route, status and scheme, in the buckets of the conventions', async () => {
  const { note, points } = open()
  note(read)
  note(read, 200, { ms: 20 })
  note(read, 304, { scheme: 'https' })
  note({}, 404, { method: 'BREW' })
  const found = await points('http.server.request.duration')
  expect(found).toHaveLength(3)
  expect(found[0]).toEqual({
    attributes: {
      'http.request.method': 'GET',
      'url.scheme': 'http',
      'http.response.status_code': 200,
      'http.route': '/v1/api/config/{appId}',
    },
    value: {
      bounds: standardBounds,
      counts: [1, 0, 1, ...Array.from({ length: 12 }, () => 0)],
      ...{ count: 2, sum: 0.021 },
    },
  })
  expect(found[1]?.attributes).toMatchObject({ 'url.scheme': 'https', 'http.response.status_code': 304 })
  expect(found[2]?.attributes).toEqual({
    'http.request.method': '_OTHER',
    'url.scheme': 'http',
    'http.response.status_code': 404,
  })
})

it('tells reads of configs apart by what the cache did, from 50 microseconds on', async () => {
  const { note, points } = open()
  note(read, 200, { ms: 0.04 })
  note(read, 304, { ms: 0.06 })
  note({ ...read, cacheState: 'miss' }, 503)
  note({ ...read, route: '/v2/api/config/{appId}/stream' })
  note({ ...read, cacheState: 'wait' }, 200, { ms: 30_000 })
  const found = await points('parasol.config.fetch.duration')
  expect(found.map(({ attributes }) => Object.values(attributes))).toEqual([
    ['v1', 'hit', 'full'],
    ['v1', 'hit', 'unchanged'],
    ['v1', 'miss', 'failed'],
  ])
  const zeros = (count: number) => Array.from({ length: count }, () => 0)
  expect(found[0]).toMatchObject({ value: { counts: [1, ...zeros(20)] } })
  expect(found[1]).toMatchObject({ value: { counts: [0, 1, ...zeros(19)] } })
})

it('names what went wrong by the code of its problem, and counts refusals by it', async () => {
  const { note, points } = open()
  note({ ...read, problem: 'store_unavailable' }, 503)
  note({ ...read, problem: 'overloaded' }, 503)
  note(read, 502)
  note({ ...read, problem: 'rate_limited' }, 429)
  const found = await points('http.server.request.duration')
  expect(found.map(({ attributes }) => attributes['error.type'])).toEqual([
    'store_unavailable',
    'overloaded',
    '502',
    undefined,
  ])
  const refused = await points('parasol.requests.refused')
  expect(refused.map(({ attributes }) => attributes['parasol.problem'])).toEqual([
    'store_unavailable',
    'overloaded',
    'rate_limited',
  ])
})

it('shows what waits at this moment', async () => {
  const { requests, points } = open()
  const request = new Request('http://front.example/', { method: 'POST' })
  requests.waiting(request, 1)
  requests.waiting(request, 1)
  requests.waiting(request, -1)
  expect(await points('http.server.active_requests')).toEqual([
    { attributes: { 'http.request.method': 'POST', 'url.scheme': 'http' }, value: 1 },
  ])
})

it('counts routes without end together, so that nobody can fill the memory', async () => {
  const { note, points } = open()
  for (let n = 0; n < 2_500; n += 1) note({ route: `/invented/${n}` })
  expect((await points('http.server.request.duration')).length).toBeLessThanOrEqual(2_001)
})
