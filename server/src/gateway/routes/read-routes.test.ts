import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readRoutes } from './read-routes.ts'
import { fields } from './route-schema.ts'
import { RoutesProblem } from './routes-problem.ts'

const problemsOf = (text: string): readonly string[] => {
  try {
    readRoutes(text)
  } catch (error) {
    if (error instanceof RoutesProblem) return error.problems
    throw error
  }
  return []
}

it('fills in what a route does not say', () => {
  expect(readRoutes('routes: [{prefix: /shop/v1, upstreams: ["http://a:1"]}]')).toEqual([
    {
      ...{ prefix: '/shop/v1', name: 'shop-v1', upstreams: ['http://a:1'], policy: 'shop-v1', auth: 'none' },
      ...{ cached: false, maxBodyBytes: 1_048_576, maxUnderWay: 256, retries: 2 },
      timeouts: { connectMs: 2_000, headersMs: 10_000, bodyMs: 60_000 },
      request: { set: {}, strip: [] },
      answer: { set: {}, strip: [] },
    },
  ])
})

it('reads JSON as well, and a list without routes', () => {
  expect(readRoutes('{"routes": [{"prefix": "/", "upstreams": ["https://a"]}]}')).toMatchObject([
    { name: 'default' },
  ])
  expect(readRoutes('routes: []')).toEqual([])
})

it('reads the example, and what docs/gateway.md shows', () => {
  expect(readRoutes(readFileSync('examples/routes/routes.yaml', 'utf8'))).toHaveLength(2)
  const doc = readFileSync('docs/gateway.md', 'utf8')
  for (const field of fields) expect(doc).toContain(`| \`${field}`)
})

it('tells all mistakes at once, each with its line', () => {
  const text = `routes:
  - prefix: /shop/
    upstreams: [http://a:1, http://a:1]
    policy: Shop!
    timeouts: { connectMs: 0, headers: 3 }
    colour: red
  - prefix: /v1/shop
    upstreams: [ftp://a]
    auth: maybe
    health: {}
  - prefix: /cart
    upstreams: []
    retries: many
    request:
      set:
        Connection: close
        x-n: 5
      strip: [content-length]
  - prefix: /cart
    upstreams: [http://user:secret@a]
  - upstreams: [http://a?x=1]
  - 7
other: 1
`
  const told = problemsOf(text)
  expect(told.map((line) => line.replace(/^(line \d+: \S+ \S+ \S+ \S+).*/, '$1'))).toEqual([
    'line 2: routes[0].prefix must be a',
    'line 3: routes[0].upstreams must have each',
    'line 4: routes[0].policy must be 1',
    'line 5: routes[0].timeouts.connectMs must be from',
    'line 5: routes[0].timeouts.headers is not known',
    'line 6: routes[0].colour is not known',
    'line 7: routes[1].prefix is below /v1,',
    'line 8: routes[1].upstreams[0] must be a',
    'line 9: routes[1].auth must be none',
    'line 10: routes[1].health.path must be a',
    'line 12: routes[2].upstreams must have one',
    'line 13: routes[2].retries must be a',
    'line 16: routes[2].request.set.Connection must be the',
    'line 17: routes[2].request.set.x-n must be a',
    'line 18: routes[2].request.strip[0] must be the',
    'line 19: routes[3].prefix leads to the',
    'line 20: routes[3].upstreams[0] must be a',
    'line 21: routes[4].prefix must be a',
    'line 21: routes[4].upstreams[0] must be a',
    'line 22: routes[5] must be a',
    'line 23: other is not known',
  ])
  expect(told.join('\n')).not.toContain('secret')
})

describe('a text that is no list of routes', () => {
  it.each([
    ['', 'line 1: the file must have a list called routes'],
    ['7', 'line 1: the file must have a list called routes'],
    ['routes: {}', 'line 1: the file must have a list called routes'],
    ['routes:\n - prefix: /a\n   prefix: /b', 'line 3: Map keys must be unique'],
    ['routes: [', 'line 1: Flow sequence'],
    ['a: &a [x]\nroutes: *b', 'the file: Unresolved alias'],
  ])('%j is told as such', (text, line) => {
    expect(problemsOf(text)[0]).toContain(line)
  })
})

it.each(['/v1', '/v2/x', '/beta', '/manage/x', '/health', '/metrics', '/docs/a'])(
  'does not give %s away',
  (prefix) => {
    expect(problemsOf(`routes: [{prefix: ${prefix}, upstreams: ["http://a"]}]`)).toHaveLength(1)
  },
)

it('refuses two routes whose names are the same, though their prefixes are not', () => {
  const told = problemsOf(
    'routes:\n- {prefix: /a/b, upstreams: ["http://a"]}\n- {prefix: /a-b, upstreams: ["http://a"]}',
  )
  expect(told).toEqual([
    'line 3: routes[1].name leads to the name a-b, which routes[0] has already; each stands once.',
  ])
})
