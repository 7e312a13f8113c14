import fc from 'fast-check'
import { expect, it } from 'vitest'
import { matchRoute } from './match-route.ts'
import { ownRoutes, pagesRoute } from './own-routes.ts'
import type { Route } from './route.ts'

const peer = (): Response => new Response()
const own = ownRoutes({
  config: peer,
  management: peer,
  analytics: peer,
  numbers: peer,
  pages: peer,
  isApart: true,
})
const route = (prefix: string): Route => ({ ...pagesRoute(peer, prefix), name: prefix })
const nameOf = (path: string): string | undefined =>
  matchRoute([...own, route('/shop'), route('')], path)?.name

it.each([
  ['/v1/api/config/shop', 'config-v1'],
  ['/v1/api/config', 'config-v1'],
  ['/v2/api/config/shop/stream', 'config-v2'],
  ['/beta/api/config/shop', 'config-beta'],
  ['/v2/api/config/shop/ofrep/v1/evaluate/flags', 'ofrep'],
  ['/beta/api/config/shop/ofrep/v1/evaluate/flags/dark', 'ofrep'],
  ['/v2/api/config/ofrep', 'config-v2'],
  ['/v1/api/analytics/shop/events', 'analytics'],
  ['/manage/v1/apps', 'manage'],
  ['/manage/v2', 'pages'],
  ['/v1/api/configs/shop', 'pages'],
  ['/v1', 'pages'],
  ['/health', 'pages'],
  ['/docs/swagger-ui.css', 'pages'],
  ['/shop', '/shop'],
  ['/shop/a', '/shop'],
  ['/shopping', ''],
  ['/v10', ''],
  ['/', ''],
])('%s goes to %j', (path, name) => {
  expect(nameOf(path)).toBe(name)
})

it('leads nowhere without a route that takes all', () => {
  expect(matchRoute(own, '/shop')).toBeUndefined()
})

it('prefers the longest prefix that ends with a segment, whatever stands in the table', () => {
  const segments = fc.array(fc.constantFrom('a', 'b', 'ab', 'a.b'), { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(fc.uniqueArray(segments, { maxLength: 12 }), segments, (prefixes, path) => {
      const texts = [...new Set(prefixes.map((parts) => `/${parts.join('/')}`))]
      const table = texts.sort((a, b) => b.length - a.length).map(route)
      const starts = path.map((_, index) => `/${path.slice(0, index + 1).join('/')}`).reverse()
      const expected = starts.find((start) => texts.includes(start))
      expect(matchRoute(table, `/${path.join('/')}`)?.prefix).toBe(expected)
    }),
  )
})
