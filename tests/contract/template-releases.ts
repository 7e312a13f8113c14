import { describe, expect, it } from 'vitest'
import { change, dataOf, goesLive, history, liveOn, makeApp, makeTemplate, released } from './chain.ts'
import { as, createKey, freshId, manage, readConfig } from './operator.ts'
import { expectProblem } from './problem.ts'
import type { Shape } from './shapes.ts'

const changesTie = (shape: () => Shape): void => {
  it('ties an app to another template with the next release, and to neither in between', async () => {
    const [old, next] = [await makeTemplate(shape()), await makeTemplate(shape())]
    await goesLive(shape(), old, '1.0.0', { from: 'old' })
    await goesLive(shape(), next, '1.0.0', { from: 'next' })
    const app = await makeApp(shape(), old)
    await goesLive(shape(), app, '1.0.0', { own: 1 })
    expect((await change(shape(), app, { extends: next })).status).toBe(200)
    const reached = [
      await goesLive(shape(), old, '1.1.0', { from: 'old, later' }),
      await goesLive(shape(), next, '1.1.0', { from: 'next, later' }),
    ]
    expect(reached.map(({ fanOut }) => fanOut)).toEqual([
      { apps: 0, channels: 0 },
      { apps: 0, channels: 0 },
    ])
    expect(await dataOf(shape(), app)).toEqual({ from: 'old', own: 1 })
    await released(shape(), app, { configVersion: '1.0.0' })
    expect(await dataOf(shape(), app)).toEqual({ from: 'next, later', own: 1 })
  })

  it('unties an app, and ties one that had no template, with the next release', async () => {
    const template = await makeTemplate(shape())
    await goesLive(shape(), template, '1.0.0', { a: 1 })
    const [tied, free] = [await makeApp(shape(), template), await makeApp(shape(), null)]
    for (const app of [tied, free]) await goesLive(shape(), app, '1.0.0', { own: 1, none: null })
    await change(shape(), tied, { extends: null })
    await change(shape(), free, { extends: template })
    expect((await goesLive(shape(), template, '1.1.0', { a: 2 })).fanOut).toEqual({ apps: 0, channels: 0 })
    expect([await dataOf(shape(), tied), await dataOf(shape(), free)]).toEqual([
      { a: 1, own: 1 },
      { own: 1, none: null },
    ])
    for (const app of [tied, free]) await released(shape(), app, { configVersion: '1.0.0' })
    expect([await dataOf(shape(), tied), await dataOf(shape(), free)]).toEqual([
      { own: 1, none: null },
      { a: 2, own: 1 },
    ])
  })
}

const channels = (shape: () => Shape): void => {
  it('stands every channel of an app on the template’s own of that name, or else on its stable', async () => {
    const template = await makeTemplate(shape())
    await goesLive(shape(), template, '1.0.0', { a: 1 })
    const [both, stableAlone] = [await makeApp(shape(), template), await makeApp(shape(), template)]
    await goesLive(shape(), both, '1.0.0', {})
    await released(shape(), both, { configVersion: '1.0.0', channel: 'beta' })
    await goesLive(shape(), stableAlone, '1.0.0', {})
    const onBoth = async () => [await liveOn(shape(), both), await liveOn(shape(), both, 'beta')]

    const onStable = await goesLive(shape(), template, '1.1.0', { a: 2 })
    expect(onStable.fanOut).toEqual({ apps: 2, channels: 3 })
    const onBeta = await goesLive(shape(), template, '1.2.0', { a: 3 }, { channel: 'beta' })
    expect(onBeta.fanOut).toEqual({ apps: 1, channels: 1 })
    expect(await onBoth()).toEqual([
      ['1.0.0', '1.1.0'],
      ['1.0.0', '1.2.0'],
    ])
    expect(await history(shape(), stableAlone, 'beta')).toEqual([])

    const again = await goesLive(shape(), template, '1.3.0', { a: 4 })
    expect(again.fanOut).toEqual({ apps: 2, channels: 2 })
    expect(await onBoth()).toEqual([
      ['1.0.0', '1.3.0'],
      ['1.0.0', '1.2.0'],
    ])
    await released(shape(), both, { configVersion: '1.0.0', channel: 'staging' })
    expect(await liveOn(shape(), both, 'staging')).toEqual(['1.0.0', '1.3.0'])
  })

  it('lists what is live on each channel', async () => {
    const template = await makeTemplate(shape())
    await goesLive(shape(), template, '1.0.0', { a: 1 })
    const app = await makeApp(shape(), template)
    expect((await manage(shape(), 'GET', `/apps/${app}/channels`)).json()).toEqual({ items: [] })
    const stable = await goesLive(shape(), app, '1.0.0', {})
    const beta = await goesLive(shape(), app, '1.1.0', { b: 1 }, { channel: 'beta' })
    expect((await manage(shape(), 'GET', `/apps/${app}/channels`)).json()).toEqual({
      items: [beta, stable].map(({ channel, revision, configVersion, releasedAt }) => ({
        channel,
        revision,
        configVersion,
        baseVersion: '1.0.0',
        candidate: null,
        releasedAt,
      })),
    })
    expectProblem(await manage(shape(), 'GET', `/apps/${freshId()}/channels`), 'app_not_found')
  })
}

const rollsBack = (shape: () => Shape): void => {
  it('rolls an app back to its version and its template as they were, and back again', async () => {
    const template = await makeTemplate(shape())
    await goesLive(shape(), template, '1.0.0', { a: 1 })
    const app = await makeApp(shape(), template)
    const first = await goesLive(shape(), app, '1.0.0', { own: 1 })
    await goesLive(shape(), template, '1.1.0', { a: 2 })
    const last = await goesLive(shape(), app, '1.1.0', { own: 2 })
    const back = await released(shape(), app, { rollbackTo: first.revision, reason: 'crashes' })
    expect(back).toMatchObject({ kind: 'rollback', configVersion: '1.0.0', baseVersion: '1.0.0' })
    expect(await dataOf(shape(), app)).toEqual({ a: 1, own: 1 })
    await released(shape(), app, { rollbackTo: last.revision })
    expect(await dataOf(shape(), app)).toEqual({ a: 2, own: 2 })
    await released(shape(), app, { rollbackTo: back.revision })
    expect(await dataOf(shape(), app)).toEqual({ a: 1, own: 1 })
    await goesLive(shape(), template, '1.2.0', { a: 3 })
    expect(await dataOf(shape(), app)).toEqual({ a: 3, own: 1 })
  })

  it('rolls a template back for all apps that stand on it', async () => {
    const template = await makeTemplate(shape())
    const first = await goesLive(shape(), template, '1.0.0', { a: 1 })
    const app = await makeApp(shape(), template)
    await goesLive(shape(), app, '1.0.0', { own: 1 })
    await goesLive(shape(), template, '1.1.0', { a: 2 })
    const back = await released(shape(), template, { rollbackTo: first.revision })
    expect(back).toMatchObject({ kind: 'rollback', fanOut: { apps: 1, channels: 1 } })
    expect(await dataOf(shape(), app)).toEqual({ a: 1, own: 1 })
    expect((await history(shape(), app))[0]).toMatchObject({ kind: 'template', baseVersion: '1.0.0' })
  })

  it('brings an archived app back with what its template has live by then', async () => {
    const template = await makeTemplate(shape())
    await goesLive(shape(), template, '1.0.0', { a: 1 })
    const app = await makeApp(shape(), template)
    await goesLive(shape(), app, '1.0.0', { own: 1 })
    await manage(shape(), 'DELETE', `/apps/${app}`)
    await goesLive(shape(), template, '1.1.0', { a: 2 })
    expectProblem(await readConfig(shape(), app), 'config_gone')
    await change(shape(), app, { archived: false })
    expect(await dataOf(shape(), app)).toEqual({ a: 2, own: 1 })
  })

  it('holds what comes back from the archive to schemas and approval: what breaks them takes an administrator', async () => {
    const template = await makeTemplate(shape())
    await goesLive(shape(), template, '1.0.0', { a: 1 })
    const [broken, guarded] = [await makeApp(shape(), template), await makeApp(shape(), template)]
    await goesLive(shape(), broken, '1.0.0', { own: 'text' })
    await goesLive(shape(), guarded, '1.0.0', { own: 1 })
    await change(shape(), guarded, { requiresApproval: true })
    for (const app of [broken, guarded]) await manage(shape(), 'DELETE', `/apps/${app}`)
    const schema = { properties: { own: { type: 'integer' } } }
    expect((await manage(shape(), 'PUT', `/apps/${template}/schema`, { body: { schema } })).status).toBe(200)
    await goesLive(shape(), template, '1.1.0', { a: 2 })

    const editor = as(shape(), await createKey(shape(), { role: 'editor' }))
    const back = { archived: false }
    expect(expectProblem(await change(editor, broken, back), 'schema_violation').detail).toContain(broken)
    expectProblem(await change(editor, guarded, back), 'forbidden')
    for (const app of [broken, guarded]) {
      expectProblem(await readConfig(shape(), app), 'config_gone')
      expect((await change(shape(), app, back)).status).toBe(200)
    }
    expect(await dataOf(shape(), guarded)).toEqual({ a: 2, own: 1 })
    for (const app of [broken, guarded]) await manage(shape(), 'DELETE', `/apps/${app}`)
    expect((await change(editor, guarded, back)).status).toBe(200)
  })
}

/** When releases of templates reach apps: changed ties, channels, rollbacks. */
export const templateReleases = (shape: () => Shape): void => {
  describe('releases of templates', () => {
    changesTie(shape)
    channels(shape)
    rollsBack(shape)
  })
}
