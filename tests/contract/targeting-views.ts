import { describe, expect, it } from 'vitest'
import { change, makeApp, makeTemplate, released } from './chain.ts'
import { freshId, manage, type Page } from './operator.ts'
import type { Shape } from './shapes.ts'
import { flag, goLiveWith, override, saveAuto } from './targeting-calls.ts'

interface Use {
  appId: string
  layer: string
  override?: string
  overrides: boolean
  value?: unknown
  removed?: true
}

/** Items of a search, without what all of them share. */
const uses = async (shape: Shape, pointer: string, limit = 200): Promise<Omit<Use, 'appId'>[]> => {
  const items: Use[] = []
  for (let cursor = ''; ; ) {
    const path = `/where-used?pointer=${encodeURIComponent(pointer)}&limit=${limit}${cursor}`
    const answer = await manage(shape, 'GET', path)
    expect(answer.status, answer.text).toBe(200)
    const page = answer.json<Page<Use>>()
    expect(page.items.length).toBeLessThanOrEqual(limit)
    items.push(...page.items)
    if (page.nextCursor === null) break
    cursor = `&cursor=${page.nextCursor}`
  }
  return items
}

const effective = (shape: () => Shape): void => {
  it('shows the overrides and flags of all layers, and the layer of each', async () => {
    const template = await makeTemplate(shape())
    const above = [override('a', { a: 1 }), override('b', { b: 1 })]
    await goLiveWith(shape(), template, { data: { z: 1 }, overrides: above, flags: { x: flag(), y: flag() } })
    const app = await makeApp(shape(), template)
    const own = [override('a', { a: 2 }, { rollout: 12.5 }), { name: 'all', data: { z: null } }]
    await change(shape(), app, { attributes: { plan: { type: 'string' } } })
    await goLiveWith(shape(), app, { overrides: own, flags: { x: null, 'w/w': flag('on', 'off') } })
    const answer = await manage(shape(), 'GET', `/apps/${app}/effective`)
    expect(answer.status, answer.text).toBe(200)
    const shown = answer.json<Record<string, unknown>>()
    const fields = [
      'appId',
      'channel',
      'layers',
      'configVersion',
      'minimumAppVersion',
      'recommendedAppVersion',
    ]
    expect(Object.keys(shown)).toEqual([
      ...fields,
      'deprecationDate',
      'data',
      'overrides',
      'flags',
      'origins',
    ])
    expect(shown).toMatchObject({
      data: { z: 1 },
      overrides: [above[1], ...own],
      flags: { y: flag(), 'w/w': flag('on', 'off') },
      origins: {
        '/data/z': template,
        '/overrides/0': template,
        '/overrides/1': app,
        '/overrides/2': app,
        '/flags/y': template,
        '/flags/w~1w': app,
      },
    })
    expect(Object.keys(shown.flags as object).sort()).toEqual(['w/w', 'y'])
    const { configVersion } = await saveAuto(shape(), app, {})
    const later = await manage(shape(), 'GET', `/apps/${app}/effective?configVersion=${configVersion}`)
    expect(later.json()).toMatchObject({ overrides: above, flags: { x: flag(), y: flag() } })
  })
}

const whereUsed = (shape: () => Shape): void => {
  it('names the override by which a value is said or taken away, and whose that is', async () => {
    const name = freshId('name').replace('.', '')
    const template = await makeTemplate(shape())
    const above = [
      override('sets', { [name]: { a: 2 } }),
      override('beside', { [name]: { b: 1 } }),
      override('replaced', { [name]: { a: 3 } }),
    ]
    await goLiveWith(shape(), template, { data: { [name]: { a: 1 } }, overrides: above })
    const app = await makeApp(shape(), template)
    const own = [override('removes', { [name]: null }), override('replaced', { other: 1 })]
    const { revision } = await goLiveWith(shape(), app, { overrides: own })
    const where = { appId: app, channel: 'stable', revision }
    const found = await uses(shape(), `/${name}/a`)
    expect(found).toEqual([
      { ...where, layer: template, overrides: false, value: 1 },
      { ...where, layer: template, override: 'sets', overrides: false, value: 2 },
      { ...where, layer: app, override: 'removes', overrides: true, removed: true },
    ])
    expect(await uses(shape(), `/${name}/b`)).toEqual([
      { ...where, layer: template, override: 'beside', overrides: false, value: 1 },
    ])
    expect(await uses(shape(), `/${name}/c`)).toEqual([])
  })

  it('leads from page to page, also through one app', async () => {
    const name = freshId('name').replace('.', '')
    const overrides = Array.from({ length: 7 }, (_, at) => override(`o${at}`, { [name]: at }))
    const apps: string[] = []
    for (let at = 0; at < 3; at++) {
      const app = await makeApp(shape(), null)
      await goLiveWith(shape(), app, at === 1 ? { data: { [name]: 'base' }, overrides } : { overrides })
      apps.push(app)
    }
    const whole = await uses(shape(), `/${name}`)
    expect(whole).toHaveLength(22)
    for (const limit of [1, 2, 5, 7, 8, 21, 22]) {
      expect(await uses(shape(), `/${name}`, limit), `${limit}`).toEqual(whole)
    }
  })
}

const fleet = (shape: () => Shape): void => {
  it('keeps overrides and flags where a fleet release patches the data, and tells of them in a dry run', async () => {
    const app = await makeApp(shape(), null)
    const rules = { overrides: [override('a', { on: false })], flags: { search: flag() } }
    await goLiveWith(shape(), app, { data: { on: true }, ...rules })
    const body = { select: { appIds: [app] }, release: { patch: { on: false } } }
    const answer = await manage(shape(), 'POST', '/fleet/releases', { body })
    expect(answer.status, answer.text).toBe(201)
    expect(answer.json()).toMatchObject({ results: [{ result: 'released', configVersion: '1.0.1' }] })
    const version = (await manage(shape(), 'GET', `/apps/${app}/configs/1.0.1`)).json()
    expect(version).toMatchObject({ data: { on: false }, ...rules })

    await saveAuto(shape(), app, { data: { on: false }, overrides: [override('a', { on: 1 })] })
    const named = { configVersion: '2.0.0', channel: 'stable' }
    const dryRun = { select: { appIds: [app] }, release: named, dryRun: true }
    const told = (await manage(shape(), 'POST', '/fleet/releases', { body: dryRun })).json<{
      results: { diff: { bump: string; text: string } }[]
    }>()
    expect(told.results[0]?.diff.bump).toBe('major')
    expect(told.results[0]?.diff.text.split('\n')).toEqual([
      '~ /overrides/0/data/on: false -> 1',
      expect.stringMatching(/^- \/flags: /),
    ])
  })

  it('copies them with an app', async () => {
    const app = await makeApp(shape(), null)
    const rules = { overrides: [override('a', { on: false })], flags: { search: flag() } }
    const { configVersion } = await goLiveWith(shape(), app, { data: { on: true }, ...rules })
    const body = { appId: freshId('clone') }
    await manage(shape(), 'POST', `/apps/${app}/clone`, { body })
    const copy = await manage(shape(), 'GET', `/apps/${body.appId}/configs/${configVersion}`)
    expect(copy.json()).toMatchObject(rules)
  })

  it('goes back with a rollback', async () => {
    const app = await makeApp(shape(), null)
    const first = await goLiveWith(shape(), app, { overrides: [override('a', { on: 1 })] })
    await goLiveWith(shape(), app, { overrides: [override('b', { on: 1 })] })
    await released(shape(), app, { rollbackTo: first.revision })
    const shown = (await manage(shape(), 'GET', `/apps/${app}/effective`)).json<{ overrides: object[] }>()
    expect(shown.overrides).toEqual([override('a', { on: 1 })])
  })
}

/** Overrides and flags wherever operators look. */
export const targetingViews = (shape: () => Shape): void => {
  describe('overrides and flags', () => {
    effective(shape)
    whereUsed(shape)
    fleet(shape)
  })
}
