import { describe, expect, it } from 'vitest'
import { change } from './chain.ts'
import { type App, createApp, freshId, manage, type Page, readAudit } from './operator.ts'
import { expectProblem, places } from './problem.ts'
import type { Shape } from './shapes.ts'

const plan = { type: 'string', description: 'free or paid' }
const named = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`a${at}`, { type: 'boolean' }]))

const refusals: [what: string, settings: object, places: string[]][] = [
  ['attributes as a list', { attributes: ['plan'] }, ['invalid_field /attributes']],
  ['an attribute without a type', { attributes: { plan: {} } }, ['missing_field /attributes/plan/type']],
  ['an unknown type', { attributes: { plan: { type: 'date' } } }, ['invalid_field /attributes/plan/type']],
  [
    'an unknown field of an attribute',
    { attributes: { plan: { ...plan, values: ['free'] } } },
    ['unknown_field /attributes/plan/values'],
  ],
  ['a name with a dot', { attributes: { 'user.plan': plan } }, ['invalid_field /attributes/user.plan']],
  [
    'the name of a standard attribute',
    { attributes: { country: plan } },
    ['invalid_field /attributes/country'],
  ],
  ['the name of a parameter', { attributes: { keys: plan } }, ['invalid_field /attributes/keys']],
  ['more than 32 attributes', { attributes: named(33) }, ['invalid_field /attributes']],
  ['pollSeconds below 10', { pollSeconds: 9 }, ['invalid_field /pollSeconds']],
  ['pollSeconds above a day', { pollSeconds: 86_401 }, ['invalid_field /pollSeconds']],
  ['half a second', { pollSeconds: 10.5 }, ['invalid_field /pollSeconds']],
  ['pollSeconds as a text', { pollSeconds: '60' }, ['invalid_field /pollSeconds']],
]

/** What an app declares for its rules, and how long its devices wait. */
export const appTargeting = (shape: () => Shape): void => {
  describe('attributes and pollSeconds of an app', () => {
    it('are kept, shown wherever the app is, and audited', async () => {
      const given = { attributes: { plan, ...named(31) }, pollSeconds: 86_400 }
      const app = await createApp(shape(), given)
      expect(app).toMatchObject(given)
      const listed = (await manage(shape(), 'GET', `/apps?search=${app.appId}`)).json<Page<App>>()
      expect(listed.items).toEqual([app])
      const [created] = await readAudit(shape(), app.appId)
      expect(created?.after).toMatchObject(given)
    })

    it('are changed one by one, attributes as a whole, and what is not named stays', async () => {
      const before = await createApp(shape(), { attributes: { plan, ...named(1) }, pollSeconds: 60 })
      const fewer = (await change(shape(), before.appId, { attributes: { plan } })).json<App>()
      expect(fewer).toMatchObject({ attributes: { plan }, pollSeconds: 60 })
      expect(Object.keys(fewer.attributes)).toEqual(['plan'])
      expect(fewer.revision).toBeGreaterThan(before.revision)
      const asSet = (await change(shape(), before.appId, { pollSeconds: null })).json<App>()
      expect(asSet).toMatchObject({ attributes: { plan }, pollSeconds: null })
      const renamed = (await change(shape(), before.appId, { name: 'Other' })).json<App>()
      expect(renamed).toMatchObject({ attributes: { plan }, pollSeconds: null })
    })

    it.each(refusals)('are refused with %s: 422', async (_, settings, expected) => {
      const body = { appId: freshId(), name: 'x', ...settings }
      const refused = await manage(shape(), 'POST', '/apps', { body })
      expect(places(expectProblem(refused, expected[0]?.split(' ')[0] as 'invalid_field'))).toEqual(expected)
      expectProblem(await manage(shape(), 'GET', `/apps/${body.appId}`), 'app_not_found')
      const app = await createApp(shape())
      const unchanged = await change(shape(), app.appId, settings)
      expect(places(expectProblem(unchanged, expected[0]?.split(' ')[0] as 'invalid_field'))).toEqual(
        expected,
      )
      expect((await manage(shape(), 'GET', `/apps/${app.appId}`)).json()).toEqual(app)
    })
  })
}
