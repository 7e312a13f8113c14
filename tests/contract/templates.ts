import { describe, expect, it } from 'vitest'
import {
  change,
  dataOf,
  goesLive,
  history,
  liveOn,
  makeApp,
  makeTemplate,
  publish,
  released,
} from './chain.ts'
import {
  type App,
  as,
  createApp,
  createKey,
  freshId,
  manage,
  readAudit,
  readConfig,
  release,
  saveVersion,
} from './operator.ts'
import { expectProblem, places } from './problem.ts'
import type { Shape } from './shapes.ts'

const ties = (shape: () => Shape): void => {
  it('answers 409 for what cannot be extended, and says why', async () => {
    const app = await makeApp(shape(), null)
    const archived = await makeTemplate(shape())
    await manage(shape(), 'DELETE', `/apps/${archived}`)
    const refusals: [string, string][] = [
      [freshId('unknown'), 'no such template'],
      [app, 'only templates'],
      [archived, 'archived'],
    ]
    const other = await makeApp(shape(), null)
    for (const [template, why] of refusals) {
      const created = { appId: freshId(), name: 'x', extends: template }
      for (const answer of [
        await manage(shape(), 'POST', '/apps', { body: created }),
        await change(shape(), other, { extends: template }),
      ]) {
        const problem = expectProblem(answer, 'invalid_extends')
        expect(problem.detail).toContain(why)
        expect(places(problem)).toEqual(['invalid_extends /extends'])
      }
    }
    expect((await manage(shape(), 'GET', `/apps/${other}`)).json<App>().extends).toBeNull()
  })

  it('answers 409 for a circle, of one template or of several', async () => {
    const root = await makeTemplate(shape())
    const middle = await makeTemplate(shape(), root)
    const leaf = await makeTemplate(shape(), middle)
    for (const template of [root, middle, leaf]) {
      expectProblem(await change(shape(), root, { extends: template }), 'invalid_extends')
    }
    const self = freshId()
    const body = { appId: self, name: 'x', kind: 'template', extends: self }
    expectProblem(await manage(shape(), 'POST', '/apps', { body }), 'invalid_extends')
    expect((await change(shape(), leaf, { extends: root })).status).toBe(200)
  })

  it('answers 409 for more than eight layers, wherever the chain grows', async () => {
    const chain = [await makeTemplate(shape())]
    while (chain.length < 7) chain.unshift(await makeTemplate(shape(), chain[0]))
    const [lowest = '', ...above] = chain
    const app = await makeApp(shape(), lowest)
    const body = { appId: freshId(), name: 'x', kind: 'template', extends: lowest }
    const eighth = await manage(shape(), 'POST', '/apps', { body })
    expect(eighth.status).toBe(201)
    const ninth = { appId: freshId(), name: 'x', extends: body.appId }
    const refused = expectProblem(await manage(shape(), 'POST', '/apps', { body: ninth }), 'invalid_extends')
    expect(refused.detail).toContain('9 layers')
    const root = await makeTemplate(shape())
    const uppermost = above.at(-1) ?? ''
    expectProblem(await change(shape(), uppermost, { extends: root }), 'invalid_extends')
    expect((await change(shape(), app, { extends: null })).status).toBe(200)
  })

  it('lets one win where two at once would make a circle, of two or of four', async () => {
    for (let round = 0; round < 3; round++) {
      const [a, b] = [await makeTemplate(shape()), await makeTemplate(shape())]
      const answers = await Promise.all([
        change(shape(), a, { extends: b }),
        change(shape(), b, { extends: a }),
      ])
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 409])
      const [c, d] = [await makeTemplate(shape(), a), await makeTemplate(shape(), b)]
      await change(shape(), a, { extends: null })
      await change(shape(), b, { extends: null })
      const again = await Promise.all([
        change(shape(), a, { extends: d }),
        change(shape(), b, { extends: c }),
      ])
      expect(again.map(({ status }) => status).sort()).toEqual([200, 409])
    }
  })

  it('answers 409 to the archiving of a template in use, and to an app that comes back without its template', async () => {
    const template = await makeTemplate(shape())
    const app = await makeApp(shape(), template)
    const problem = expectProblem(await manage(shape(), 'DELETE', `/apps/${template}`), 'template_in_use')
    expect(problem.detail).toContain(app)
    expect((await manage(shape(), 'DELETE', `/apps/${app}`)).status).toBe(200)
    expect((await manage(shape(), 'DELETE', `/apps/${template}`)).status).toBe(200)
    expectProblem(await change(shape(), app, { archived: false }), 'invalid_extends')
    expect((await change(shape(), app, { archived: false, extends: null })).status).toBe(200)
    expect((await change(shape(), template, { archived: false })).status).toBe(200)
  })
}

const labels = (shape: () => Shape): void => {
  it('answers 403 to whoever would give an app away, out of what their token is for', async () => {
    const team = freshId('team')
    const { appId } = await createApp(shape(), { labels: { team } })
    const editor = as(shape(), await createKey(shape(), { role: 'editor', labels: { team } }))
    expectProblem(await change(editor, appId, { labels: { team: 'other' } }), 'forbidden')
    expect((await change(editor, appId, { labels: { team, more: 'x' } })).status).toBe(200)
    expectProblem(await change(editor, await makeApp(shape(), null), { name: 'x' }), 'forbidden')
  })
}

const inherits = (shape: () => Shape): void => {
  it('gives apps what all templates above say, patched by their own', async () => {
    const root = await makeTemplate(shape())
    await goesLive(shape(), root, '1.0.0', { theme: { primary: '#000', dark: true }, list: [1, 2], gone: 1 })
    const brand = await makeTemplate(shape(), root)
    await goesLive(shape(), brand, '1.0.0', { theme: { primary: '#fff' }, list: [3] })
    const app = await makeApp(shape(), brand)
    await goesLive(shape(), app, '1.0.0', { gone: null, own: 'x' })
    expect(await dataOf(shape(), app)).toEqual({
      theme: { primary: '#fff', dark: true },
      list: [3],
      own: 'x',
    })
    expectProblem(await readConfig(shape(), brand), 'app_not_found')
  })

  it('gives versions and dates of the template where the app says nothing of them', async () => {
    const template = await makeTemplate(shape())
    const said = { minimumAppVersion: '2.0.0', deprecationDate: '2035-06-30' }
    const body = { configVersion: '1.0.0', data: {}, ...said }
    await manage(shape(), 'POST', `/apps/${template}/configs`, { body })
    expect((await release(shape(), template, '1.0.0')).deprecationDate).toBe('2035-06-30')
    const app = await makeApp(shape(), template)
    const live = await goesLive(shape(), app, '1.0.0', {})
    expect(live).toMatchObject({ baseVersion: '1.0.0', deprecationDate: '2035-06-30' })
    expect((await readConfig(shape(), app)).json()).toMatchObject(said)
    const none = { configVersion: '2.0.0', data: {}, minimumAppVersion: null, deprecationDate: null }
    await manage(shape(), 'POST', `/apps/${app}/configs`, { body: none })
    expect((await release(shape(), app, '2.0.0')).deprecationDate).toBeNull()
    expect((await readConfig(shape(), app)).json()).toMatchObject({
      minimumAppVersion: null,
      deprecationDate: null,
    })
  })

  it('brings a release to all apps below, through every level, with actor and reason', async () => {
    const root = await makeTemplate(shape())
    await goesLive(shape(), root, '1.0.0', { a: 1 })
    const brand = await makeTemplate(shape(), root)
    await goesLive(shape(), brand, '1.0.0', { b: 1 })
    const apps = [await makeApp(shape(), root), await makeApp(shape(), brand), await makeApp(shape(), brand)]
    for (const [i, app] of apps.entries()) await goesLive(shape(), app, '1.0.0', { own: i })
    const made = await goesLive(shape(), root, '1.1.0', { a: 2 }, { reason: 'New colours' })
    expect(made.fanOut).toEqual({ apps: 4, channels: 4 })
    expect(await Promise.all(apps.map((app) => dataOf(shape(), app)))).toEqual([
      { a: 2, own: 0 },
      { a: 2, b: 1, own: 1 },
      { a: 2, b: 1, own: 2 },
    ])
    for (const app of apps) {
      const [newest, before] = await history(shape(), app)
      expect(newest).toMatchObject({
        kind: 'template',
        configVersion: '1.0.0',
        actor: 'admin',
        reason: 'New colours',
        previousRevision: before?.revision,
      })
    }
    expect(await liveOn(shape(), brand)).toEqual(['1.0.0', '1.1.0'])
    const [audited] = await readAudit(shape(), root)
    expect(audited).toMatchObject({ action: 'release.publish', after: { fanOut: { apps: 4 } } })
  })

  it('stands a release of the app on what its template has live by then', async () => {
    const template = await makeTemplate(shape())
    const app = await makeApp(shape(), template)
    await saveVersion(shape(), app, '1.0.0', { own: 1 })
    expectProblem(await publish(shape(), app, { configVersion: '1.0.0' }), 'template_not_released')
    await goesLive(shape(), template, '1.0.0', { a: 1 })
    expectProblem(await readConfig(shape(), app), 'config_not_released')
    await goesLive(shape(), template, '1.1.0', { a: 2 })
    await released(shape(), app, { configVersion: '1.0.0' })
    expect(await dataOf(shape(), app)).toEqual({ a: 2, own: 1 })
    expect(await liveOn(shape(), app)).toEqual(['1.0.0', '1.1.0'])
  })

  it('releases a template on the condition of If-Match, and else reaches nobody', async () => {
    const template = await makeTemplate(shape())
    const first = await goesLive(shape(), template, '1.0.0', { a: 1 })
    const app = await makeApp(shape(), template)
    await goesLive(shape(), app, '1.0.0', {})
    await saveVersion(shape(), template, '1.1.0', { a: 2 })
    const stale = { 'if-match': `"${first.revision + 1_000_000}"` }
    expectProblem(await publish(shape(), template, { configVersion: '1.1.0' }, stale), 'revision_mismatch')
    expect(await dataOf(shape(), app)).toEqual({ a: 1 })
    const known = { 'if-match': `"${first.revision}"` }
    expect((await publish(shape(), template, { configVersion: '1.1.0' }, known)).status).toBe(201)
    expect(await dataOf(shape(), app)).toEqual({ a: 2 })
  })
}

/** Templates: what can be extended, and what apps get from them. */
export const templates = (shape: () => Shape): void => {
  describe('templates', () => {
    ties(shape)
    labels(shape)
    inherits(shape)
  })
}
