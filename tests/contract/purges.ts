import { describe, expect, it } from 'vitest'
import type { Purge } from '../../contract/purge.ts'
import { as, createApp, createKey, freshId, manage, type Page, readAudit } from './operator.ts'
import { expectProblem, places } from './problem.ts'
import type { Shape } from './shapes.ts'

const bad: [what: string, input: object, place: string][] = [
  ['nothing', {}, 'invalid_field /apps'],
  ['no apps', { apps: [] }, 'invalid_field /apps'],
  ['an appId that is none', { apps: ['a b'] }, 'invalid_field /apps/0'],
  ['a tag with a comma', { tags: ['a,b'] }, 'invalid_field /tags/0'],
  ['a tag that would be everything', { tags: ['*'] }, 'invalid_field /tags/0'],
  ['not everything', { everything: false }, 'invalid_field /everything'],
  ['everything and an app', { everything: true, apps: ['a'] }, 'invalid_field /everything'],
  ['an unknown field', { everything: true, urls: [] }, 'unknown_field /urls'],
]

/** What gateways and CDNs are told to forget. What CDNs are asked is tested beside the code. */
export const purges = (shape: () => Shape): void => {
  describe('purges', () => {
    it('are accepted, audited, and listed where there is a CDN', async () => {
      const { appId } = await createApp(shape())
      const body = { apps: [appId], reason: 'A picture was replaced' }
      const answer = await manage(shape(), 'POST', '/purge', { body })
      expect(answer.status, answer.text).toBe(202)
      expect(answer.headers.location).toBe('/manage/v1/purges')
      const purged = { everything: false, tags: [`app-${appId}`], cdns: [] }
      expect(answer.json()).toEqual(purged)
      expect((await readAudit(shape(), appId))[0]).toMatchObject({
        ...{ action: 'cache.purge', actor: 'admin', before: null, after: purged, reason: body.reason },
      })
      const all = await manage(shape(), 'POST', '/purge', { body: { everything: true } })
      expect(all.json()).toEqual({ everything: true, tags: [], cdns: [] })
      expect((await manage(shape(), 'GET', '/purges')).json<Page<Purge>>()).toEqual({
        items: [],
        nextCursor: null,
      })
      expectProblem(await manage(shape(), 'GET', '/purges?cursor=x'), 'invalid_cursor')
      expectProblem(await manage(shape(), 'GET', '/purges?state=x'), 'invalid_parameter')
    })

    it.each(bad)('of %s are refused', async (_, body, place) => {
      const problem = expectProblem(
        await manage(shape(), 'POST', '/purge', { body }),
        place.split(' ')[0] as 'invalid_field',
      )
      expect(places(problem)).toEqual([place])
    })

    it('of a token for some apps are of these alone', async () => {
      const [{ appId }, { appId: other }] = [await createApp(shape()), await createApp(shape())]
      const limited = as(shape(), await createKey(shape(), { role: 'publisher', appIds: [appId] }))
      const ask = (body: object) => manage(limited, 'POST', '/purge', { body })
      expect((await ask({ apps: [appId], tags: [`app-${appId}`] })).status).toBe(202)
      for (const tag of ['page', `app-${other}`, `app-${freshId()}`]) {
        expectProblem(await ask({ apps: [appId], tags: [tag] }), 'forbidden')
      }
      expectProblem(await ask({ apps: [other] }), 'forbidden')
      expectProblem(await ask({ everything: true }), 'forbidden')
      expectProblem(await ask({ apps: [appId, freshId()] }), 'app_not_found')
    })

    it('are noted once under one Idempotency-Key', async () => {
      const { appId } = await createApp(shape())
      const question = { body: { apps: [appId] }, headers: { 'idempotency-key': freshId() } }
      const first = await manage(shape(), 'POST', '/purge', question)
      expect((await manage(shape(), 'POST', '/purge', question)).text).toBe(first.text)
      const rows = (await readAudit(shape(), appId)).filter(({ action }) => action === 'cache.purge')
      expect(rows).toHaveLength(1)
    })
  })
}
