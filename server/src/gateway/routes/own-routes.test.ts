import { expect, it } from 'vitest'
import type { Peer } from '../../platform/peers/peer.ts'
import { matchRoute } from './match-route.ts'
import { ownRoutes } from './own-routes.ts'

const never: Peer = () => new Promise(() => {})
const answers: Peer = () => new Response('answered')

it.each(['/v1/api/config/shop', '/v2/api/config/shop', '/v2/api/config/shop/ofrep/v1/evaluate/flags'])(
  'refuses more of %s than the config service can have under way in another process, and no management',
  (path) => {
    const table = ownRoutes({
      ...{
        config: never,
        management: answers,
        analytics: answers,
        numbers: answers,
        pages: answers,
        isApart: true,
      },
    })
    const ask = (one: string) => matchRoute(table, one)?.peer(new Request(`http://front.example${one}`))
    const askAll = (): void => {
      for (let count = 0; count <= 2_000; count += 1) void ask(path)
    }
    expect(askAll).toThrow(expect.objectContaining({ code: 'overloaded', status: 503 }))
    expect(() => ask('/beta/api/config/shop')).toThrow(expect.objectContaining({ code: 'overloaded' }))
    expect(ask('/manage/v1/apps')).toBeInstanceOf(Response)
    expect(ask('/v1/api/analytics/shop/events')).toBeInstanceOf(Response)
  },
)

it('asks the analytics service for what it answers below /manage/v1, and the config service for all else', async () => {
  const said =
    (name: string): Peer =>
    () =>
      new Response(name)
  const table = ownRoutes({
    ...{ config: never, management: said('management'), analytics: never, numbers: said('numbers') },
    ...{ pages: never, isApart: true },
  })
  const ask = async (path: string) => {
    const answer = await matchRoute(table, path)?.peer(new Request(`http://front.example${path}`))
    return answer?.text()
  }
  expect(await ask('/manage/v1/analytics/storage')).toBe('numbers')
  expect(await ask('/manage/v1/alerts')).toBe('numbers')
  expect(await ask('/manage/v1/apps')).toBe('management')
})
