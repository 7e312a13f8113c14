import { expect, it } from 'vitest'
import { observe } from '../platform/http/observe.ts'
import { openLog } from '../platform/log/open-log.ts'
import { noCounting } from './counting/counting.ts'
import { matchRoute } from './routes/match-route.ts'
import { ownRoutes, pagesRoute } from './routes/own-routes.ts'
import { type Stations, serveRequests } from './serve-requests.ts'

const answers = () => new Response('answered')
const table = ownRoutes({
  ...{
    config: answers,
    management: answers,
    analytics: answers,
    numbers: answers,
    pages: answers,
    isApart: false,
  },
})
/** Nothing of a gateway but its routes, in a process that has too much to do. */
const stations = {
  guard: { identify: () => {}, admit: () => {} },
  routes: { match: (path: string) => matchRoute(table, path) ?? pagesRoute(answers, '') },
  limits: { admit: () => undefined },
  counting: noCounting,
  load: { isTooMuch: () => true },
} as unknown as Stations
const front = observe(serveRequests(stations, 'all'), openLog('silent').log)
const ask = async (path: string) => front(new Request(`http://front.example${path}`))

it.each(['/v1/api/config/shop', '/v2/api/config/shop/stream', '/v1/api/analytics/shop/events', '/nothing'])(
  'refuses %s early while this process is overloaded: 503 with a time to come back',
  async (path) => {
    const answer = await ask(path)
    expect(await answer.json()).toMatchObject({ code: 'overloaded', status: 503 })
    expect(answer.headers.get('retry-after')).toMatch(/^[123]$/)
    if (path.startsWith('/v')) expect(answer.headers.get('access-control-allow-origin')).toBe('*')
  },
)

it.each(['/manage/v1/apps', '/health', '/livez', '/readyz', '/metrics'])(
  'goes on to answer %s',
  async (path) => {
    expect(await (await ask(path)).text()).toBe('answered')
  },
)
