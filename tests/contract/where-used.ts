import { describe, expect, it } from 'vitest'
import { goesLive, makeApp, makeTemplate, released } from './chain.ts'
import { as, createApp, createKey, freshId, manage, type Page, release, saveVersion } from './operator.ts'
import { expectProblem, places } from './problem.ts'
import type { Shape } from './shapes.ts'

interface Use {
  appId: string
  channel: string
  revision: number
  layer: string
  overrides: boolean
  value?: unknown
  removed?: true
}

interface Deprecation {
  appId: string
  channel: string
  revision: number
  configVersion: string
  deprecationDate: string
  state: string
}

/** Every item of a list, in pages of this size; pages may be empty on the way. */
const all = async <Item>(shape: Shape, path: string, limit = 200): Promise<Item[]> => {
  const items: Item[] = []
  for (let cursor = ''; ; ) {
    const answer = await manage(shape, 'GET', `${path}&limit=${limit}${cursor}`)
    expect(answer.status, answer.text).toBe(200)
    const page = answer.json<Page<Item>>()
    expect(page.items.length).toBeLessThanOrEqual(limit)
    items.push(...page.items)
    if (page.nextCursor === null) return items
    cursor = `&cursor=${page.nextCursor}`
  }
}

const uses = (shape: Shape, pointer: string, query = '', limit?: number): Promise<Use[]> =>
  all<Use>(shape, `/where-used?pointer=${encodeURIComponent(pointer)}${query}`, limit)

/** A name no other test uses, so that only the apps of one test have it. */
const freshName = () => freshId('name').replace('.', '')

const finds = (shape: () => Shape): void => {
  it('finds who inherits a value, who overrides it, and who has it without a template', async () => {
    const name = freshName()
    const template = await makeTemplate(shape())
    await goesLive(shape(), template, '1.0.0', { [name]: { primary: '#000', dark: true } })
    const [inherits, overrides, removes] = [
      await makeApp(shape(), template),
      await makeApp(shape(), template),
      await makeApp(shape(), template),
    ]
    const alone = await makeApp(shape(), null)
    const live = [
      await goesLive(shape(), inherits, '1.0.0', { other: 1 }),
      await goesLive(shape(), overrides, '1.0.0', { [name]: { primary: '#fff' } }),
      await goesLive(shape(), alone, '1.0.0', { [name]: { primary: null } }),
      await goesLive(shape(), removes, '1.0.0', { [name]: { primary: null } }),
    ]
    const found = await uses(shape(), `/${name}/primary`)
    const expected = [
      { appId: inherits, layer: template, overrides: false, value: '#000' },
      { appId: overrides, layer: overrides, overrides: true, value: '#fff' },
      { appId: alone, layer: alone, overrides: true, value: null },
      { appId: removes, layer: removes, overrides: true, removed: true },
    ].map((use, i) => ({ ...use, channel: 'stable', revision: live[i]?.revision }))
    expect(found).toEqual(expected.sort((a, b) => (a.appId < b.appId ? -1 : 1)))
    expect((await uses(shape(), `/${name}/dark`)).map(({ appId }) => appId).sort()).toEqual(
      [inherits, overrides, removes].sort(),
    )
    expect(await uses(shape(), `/${name}/primary/deeper`)).toEqual([])
    expect(await uses(shape(), `/${freshName()}`)).toEqual([])
  })

  it('names the lowest layer that says something of the value, and gives it merged', async () => {
    const name = freshName()
    const root = await makeTemplate(shape())
    await goesLive(shape(), root, '1.0.0', { [name]: { a: 1, b: 1, list: [{ x: 1 }, { x: 2 }] } })
    const brand = await makeTemplate(shape(), root)
    await goesLive(shape(), brand, '1.0.0', { [name]: { b: 2, 'c/d~e': 3 } })
    const app = await makeApp(shape(), brand)
    await goesLive(shape(), app, '1.0.0', {})
    const value = { a: 1, b: 2, list: [{ x: 1 }, { x: 2 }], 'c/d~e': 3 }
    const expected: [pointer: string, layer: string, value: unknown][] = [
      [`/${name}`, brand, value],
      [`/${name}/a`, root, 1],
      [`/${name}/c~1d~0e`, brand, 3],
      [`/${name}/list/1/x`, root, 2],
    ]
    for (const [pointer, layer, value] of expected) {
      expect(await uses(shape(), pointer), pointer).toMatchObject([
        { appId: app, layer, overrides: false, value },
      ])
    }
    for (const nowhere of [`/${name}/list/2`, `/${name}/list/-1`, `/${name}/list/01`, `/${name}/list/x`]) {
      expect(await uses(shape(), nowhere), nowhere).toEqual([])
    }
    await goesLive(shape(), app, '1.0.1', { [name]: {} })
    expect(await uses(shape(), `/${name}/a`)).toMatchObject([{ layer: root, overrides: false, value: 1 }])
    // Merged over an array, an object takes its place.
    await goesLive(shape(), app, '2.0.0', { [name]: { list: {} } })
    const removed = [{ appId: app, layer: app, overrides: true, removed: true }]
    expect(await uses(shape(), `/${name}/list/1/x`)).toMatchObject(removed)
    await goesLive(shape(), app, '3.0.0', { [name]: 'flat' })
    expect(await uses(shape(), `/${name}/a`)).toMatchObject(removed)
    expect(await uses(shape(), `/${name}/list/2`)).toEqual([])
  })

  it('finds who takes a value away, by null or by what it puts on the way, and who inherits that', async () => {
    const [name, never] = [freshName(), freshName()]
    const root = await makeTemplate(shape())
    await goesLive(shape(), root, '1.0.0', { [name]: { gone: 1, theme: { dark: true }, list: [1] } })
    const removes = await makeApp(shape(), root)
    const data = { gone: null, theme: null, list: 'str', [never]: null }
    const { revision } = await goesLive(shape(), removes, '1.0.0', { [name]: data, [never]: null })
    const use = { appId: removes, channel: 'stable', revision, layer: removes, overrides: true }
    const pointers = ['gone', 'theme', 'theme/dark', 'list/0'].map((way) => `/${name}/${way}`)
    for (const pointer of pointers) {
      expect(await uses(shape(), pointer), pointer).toEqual([{ ...use, removed: true }])
    }
    expect(await uses(shape(), `/${name}/list`)).toEqual([{ ...use, value: 'str' }])
    for (const nowhere of [`/${never}`, `/${name}/${never}`, `/${name}/theme/light`, `/${name}/list/1`]) {
      expect(await uses(shape(), nowhere), nowhere).toEqual([])
    }

    const brand = await makeTemplate(shape(), root)
    await goesLive(shape(), brand, '1.0.0', { [name]: data })
    const apps: [data: object, told: Pick<Use, 'overrides'> & Partial<Use>][] = [
      [{}, { layer: brand, overrides: false, removed: true }],
      [{ [name]: {} }, { layer: brand, overrides: false, removed: true }],
      [{ [name]: { gone: null, theme: 1, list: null } }, { overrides: true, removed: true }],
      [{ [name]: { gone: 2, theme: { dark: 2 }, list: [2] } }, { overrides: true, value: 2 }],
    ]
    const expected: Use[] = []
    for (const [data, told] of apps) {
      const appId = await makeApp(shape(), brand)
      const { revision } = await goesLive(shape(), appId, '1.0.0', data)
      expected.push({ appId, channel: 'stable', revision, layer: appId, ...told })
    }
    expected.sort((a, b) => (a.appId < b.appId ? -1 : 1))
    for (const way of ['gone', 'theme/dark', 'list/0']) {
      expect(await uses(shape(), `/${name}/${way}`, `&extends=${brand}`, 1), way).toEqual(expected)
    }
  })

  it('finds what is live on a channel, below one template, page after page', async () => {
    const name = freshName()
    const [one, other] = [await makeTemplate(shape()), await makeTemplate(shape())]
    for (const template of [one, other]) await goesLive(shape(), template, '1.0.0', { [name]: 1 })
    const apps: string[] = []
    for (const template of [one, one, one, other]) {
      const app = await makeApp(shape(), template)
      await goesLive(shape(), app, '1.0.0', {})
      apps.push(app)
    }
    const ids = (found: Use[]) => found.map(({ appId }) => appId)
    expect(ids(await uses(shape(), `/${name}`, '', 1))).toEqual(apps.toSorted())
    expect(ids(await uses(shape(), `/${name}`, `&extends=${one}`, 2))).toEqual(apps.slice(0, 3).toSorted())
    await goesLive(shape(), apps[0] ?? '', '1.1.0', { [name]: 2 }, { channel: 'beta' })
    expect(await uses(shape(), `/${name}`, '&channel=beta')).toMatchObject([
      { appId: apps[0], channel: 'beta', overrides: true, value: 2 },
    ])
    await manage(shape(), 'DELETE', `/apps/${apps[3]}`)
    expect(ids(await uses(shape(), `/${name}`))).toEqual(apps.slice(0, 3).toSorted())
  })

  it('finds only apps that the token is for', async () => {
    const name = freshName()
    const team = freshId('team')
    const [ours, theirs] = [await createApp(shape(), { labels: { team } }), await createApp(shape())]
    for (const { appId } of [ours, theirs]) await goesLive(shape(), appId, '1.0.0', { [name]: 1 })
    for (const scope of [{ labels: { team } }, { appIds: [ours.appId] }]) {
      const key = await createKey(shape(), { role: 'viewer', ...scope })
      const found = await uses(as(shape(), key), `/${name}`)
      expect(found.map(({ appId }) => appId)).toEqual([ours.appId])
    }
  })

  it('answers 400 for a pointer that is none', async () => {
    for (const pointer of ['', 'theme', '/a~2', '/a\u0000', 'x'.repeat(1001)]) {
      const answer = await manage(shape(), 'GET', `/where-used?pointer=${encodeURIComponent(pointer)}`)
      expect(places(expectProblem(answer, 'invalid_parameter'))).toContain('invalid_parameter pointer')
    }
  })
}

const deprecations = (shape: () => Shape): void => {
  const inDays = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString()
  const listed = async (shape: Shape, appIds: string[], query: string, limit?: number) =>
    (await all<Deprecation>(shape, `/deprecations?${query}`, limit)).filter(({ appId }) =>
      appIds.includes(appId),
    )

  const live = async (shape: Shape, deprecationDate: string | null, labels = {}): Promise<string> => {
    const { appId } = await createApp(shape, { labels })
    const body = { configVersion: '1.0.0', data: {}, deprecationDate }
    await manage(shape, 'POST', `/apps/${appId}/configs`, { body })
    await release(shape, appId, '1.0.0')
    return appId
  }

  it('lists live configs whose date is past or near, the earliest first, and what templates say counts', async () => {
    const dates = ['2020-01-01', inDays(10).slice(0, 10), inDays(40)]
    const apps: string[] = []
    for (const date of dates) apps.push(await live(shape(), date))
    apps.push(await live(shape(), null))
    const template = await makeTemplate(shape())
    const body = { configVersion: '1.0.0', data: {}, deprecationDate: '2019-12-31T23:00:00-02:00' }
    await manage(shape(), 'POST', `/apps/${template}/configs`, { body })
    await release(shape(), template, '1.0.0')
    const below = await makeApp(shape(), template)
    const { revision } = await goesLive(shape(), below, '1.0.0', {})
    apps.push(below, template)

    const near = await listed(shape(), apps, '')
    expect(near.map(({ appId, state }) => [appId, state])).toEqual([
      [below, 'past'],
      [apps[0], 'past'],
      [apps[1], 'near'],
    ])
    expect(near[0]).toEqual({
      appId: below,
      channel: 'stable',
      revision,
      configVersion: '1.0.0',
      deprecationDate: body.deprecationDate,
      state: 'past',
    })
    expect((await listed(shape(), apps, 'withinDays=0', 1)).map(({ appId }) => appId)).toEqual([
      below,
      apps[0],
    ])
    expect((await listed(shape(), apps, 'withinDays=60', 2)).map(({ appId }) => appId)).toEqual([
      below,
      ...apps.slice(0, 3),
    ])
  })

  it('lists what is live, and no more: neither what was, nor archived apps, nor those of others', async () => {
    const team = freshId('team')
    const app = await live(shape(), '2020-01-01', { team })
    const gone = await live(shape(), '2020-01-01', { team })
    await manage(shape(), 'DELETE', `/apps/${gone}`)
    const other = await live(shape(), '2020-01-01')
    const apps = [app, gone, other]
    const key = await createKey(shape(), { role: 'viewer', labels: { team } })
    expect((await listed(as(shape(), key), apps, '')).map(({ appId }) => appId)).toEqual([app])
    await saveVersion(shape(), app, '1.1.0', {})
    await released(shape(), app, { configVersion: '1.1.0' })
    expect((await listed(shape(), apps, '')).map(({ appId }) => appId)).toEqual([other])
    await released(shape(), app, { configVersion: '1.0.0', channel: 'beta' })
    expect((await listed(as(shape(), key), apps, '')).map(({ channel }) => channel)).toEqual(['beta'])
  })

  it('answers 400 for days and cursors that are none', async () => {
    const answer = await manage(shape(), 'GET', '/deprecations?withinDays=-1')
    expect(places(expectProblem(answer, 'invalid_parameter'))).toEqual(['invalid_parameter withinDays'])
    const forged = Buffer.from('"2027-01-01 shop"').toString('base64url')
    expectProblem(await manage(shape(), 'GET', `/deprecations?cursor=${forged}`), 'invalid_cursor')
  })
}

/** Questions over the whole fleet: who uses a value, and what is deprecated. */
export const whereUsed = (shape: () => Shape): void => {
  describe('where a value is used', () => finds(shape))
  describe('deprecations', () => deprecations(shape))
}
