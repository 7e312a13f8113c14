import { describe, expect, it } from 'vitest'
import { ask } from './ask.ts'
import { change, goesLive, makeApp, makeTemplate, released } from './chain.ts'
import { as, createKey, freshId, manage, saveVersion } from './operator.ts'
import { expectProblem } from './problem.ts'
import type { Shape } from './shapes.ts'
import { whenCalm } from './when-calm.ts'

const read = (shape: Shape, appId: string, query = '') =>
  manage(shape, 'GET', `/apps/${appId}/effective${query}`)

const preview = (shape: Shape, appId: string, body: object) =>
  manage(shape, 'POST', `/apps/${appId}/preview`, { body })

interface Previewed {
  config: { channel: string; revision: number; configVersion: string; varies: string[]; data: object }
  why: { layers: object[]; rollout: { rolloutId: number; percent: number; included: boolean } | null }
}

/** An app below a brand below a root, all live. */
const family = async (shape: Shape) => {
  const root = await makeTemplate(shape)
  await goesLive(shape, root, '1.0.0', {
    theme: { primary: '#000', dark: true },
    limits: { a: 1 },
    list: [1],
  })
  const brand = await makeTemplate(shape, root)
  await goesLive(shape, brand, '2.0.0', { theme: { primary: '#fff' }, limits: { a: null } })
  const app = await makeApp(shape, brand)
  const live = await goesLive(shape, app, '3.0.0', { theme: { dark: true }, 'a/b': {} })
  return { root, brand, app, live }
}

const shows = (shape: () => Shape): void => {
  it('shows the merged config, its layers, and the layer of each value', async () => {
    const { root, brand, app } = await family(shape())
    const answer = await read(shape(), app)
    expect(answer.status, answer.text).toBe(200)
    expect(Object.entries(answer.json())).toEqual([
      ['appId', app],
      ['channel', 'stable'],
      [
        'layers',
        [
          { appId: root, configVersion: '1.0.0' },
          { appId: brand, configVersion: '2.0.0' },
          { appId: app, configVersion: '3.0.0' },
        ],
      ],
      ['configVersion', '3.0.0'],
      ['minimumAppVersion', null],
      ['recommendedAppVersion', null],
      ['deprecationDate', null],
      ['data', { theme: { primary: '#fff', dark: true }, limits: {}, list: [1], 'a/b': {} }],
      [
        'origins',
        {
          '/configVersion': app,
          '/data/theme/primary': brand,
          '/data/theme/dark': app,
          '/data/limits': brand,
          '/data/list': root,
          '/data/a~1b': app,
        },
      ],
    ])
  })

  it('shows what a version would give now, over what its template has live on that channel', async () => {
    const { root, brand, app } = await family(shape())
    await saveVersion(shape(), app, '4.0.0', { own: 1 })
    await goesLive(shape(), root, '2.0.0', { theme: { primary: '#000' }, only: 'beta' }, { channel: 'beta' })
    const onStable = (await read(shape(), app, '?configVersion=4.0.0')).json()
    expect(onStable).toMatchObject({ configVersion: '4.0.0', data: { own: 1, list: [1] } })
    await change(shape(), app, { extends: root })
    const onBeta = (await read(shape(), app, '?configVersion=4.0.0&channel=beta')).json()
    expect(onBeta).toMatchObject({ channel: 'beta', data: { own: 1, only: 'beta' } })
    expect((await read(shape(), brand)).json()).toMatchObject({ configVersion: '2.0.0' })
  })

  it('shows what an app without a template says itself, nulls and all', async () => {
    const app = await makeApp(shape(), null)
    await goesLive(shape(), app, '1.0.0', { none: null, deep: { list: [null] } })
    expect((await read(shape(), app)).json()).toMatchObject({
      layers: [{ appId: app, configVersion: '1.0.0' }],
      data: { none: null, deep: { list: [null] } },
      origins: { '/configVersion': app, '/data/none': app, '/data/deep/list': app },
    })
  })

  it('answers 404 for what is not there, 409 where the template has no release', async () => {
    const { app } = await family(shape())
    expectProblem(await read(shape(), freshId()), 'app_not_found')
    expectProblem(await read(shape(), app, '?configVersion=9.9.9'), 'version_not_found')
    expectProblem(await read(shape(), app, '?channel=beta'), 'config_not_released')
    expectProblem(await read(shape(), app, '?channel=No!'), 'invalid_parameter')
    const lonely = await makeApp(shape(), await makeTemplate(shape()))
    await saveVersion(shape(), lonely, '1.0.0')
    expectProblem(await read(shape(), lonely, '?configVersion=1.0.0'), 'template_not_released')
    expectProblem(await read(shape(), lonely), 'config_not_released')
  })
}

const previews = (shape: () => Shape): void => {
  it('previews what a device gets, and the layers it comes from', async () => {
    const { root, brand, app, live } = await family(shape())
    const answer = await preview(shape(), app, {})
    expect(answer.status, answer.text).toBe(200)
    expect(answer.json()).toEqual({
      config: {
        appId: app,
        channel: 'stable',
        revision: live.revision,
        configVersion: '3.0.0',
        minimumAppVersion: null,
        recommendedAppVersion: null,
        deprecationDate: null,
        update: 'none',
        publishedAt: live.releasedAt,
        pollSeconds: 300,
        varies: [],
        overrides: [],
        data: { theme: { primary: '#fff', dark: true }, limits: {}, list: [1], 'a/b': {} },
      },
      why: {
        layers: [
          { appId: root, configVersion: '1.0.0' },
          { appId: brand, configVersion: '2.0.0' },
          { appId: app, configVersion: '3.0.0' },
        ],
        rollout: null,
        overrides: [],
      },
      diff: null,
    })
    // A channel without a release of its own gets what stable has.
    const onBeta = await preview(shape(), app, { channel: 'beta' })
    expect(onBeta.json()).toEqual(answer.json())
    await whenCalm(async () => {
      const device = await ask(`${shape().url}/beta/api/config/${app}`)
      expect(device.text).toBe(JSON.stringify(onBeta.json<Previewed>().config))
    })
  })

  it('previews a version that is not live', async () => {
    const { app } = await family(shape())
    await saveVersion(shape(), app, '4.0.0', { own: 1 })
    const answer = await preview(shape(), app, { configVersion: '4.0.0', context: { bucket: 1 } })
    expect(answer.json()).toMatchObject({
      config: { revision: null, publishedAt: null, configVersion: '4.0.0', data: { own: 1, list: [1] } },
      why: { rollout: null },
    })
  })

  it('previews a rollout: by its bucket a device gets the old release or the new one', async () => {
    const { app, live } = await family(shape())
    await saveVersion(shape(), app, '4.0.0', { own: 1 })
    const plan = { growth: 'linear', growthFactorPercent: 50, durationSeconds: 86_400, bakeSeconds: 0 }
    const candidate = await released(shape(), app, { configVersion: '4.0.0', rollout: plan })
    const buckets = Array.from({ length: 20 }, (_, i) => i * 500)
    const got = await Promise.all(
      buckets.map(async (bucket) => (await preview(shape(), app, { context: { bucket } })).json<Previewed>()),
    )
    const rollout = { rolloutId: candidate.rolloutId, percent: 50 }
    for (const { config, why } of got) {
      expect(config.varies).toEqual(['bucket'])
      const included = why.rollout?.included ?? false
      expect(why.rollout).toEqual({ ...rollout, included })
      expect(config.revision).toBe(included ? candidate.revision : live.revision)
      expect(config.configVersion).toBe(included ? '4.0.0' : '3.0.0')
    }
    expect(new Set(got.map(({ config }) => config.configVersion))).toEqual(new Set(['3.0.0', '4.0.0']))
    for (const [i, { config }] of got.slice(0, 6).entries()) {
      await whenCalm(async () => {
        const device = await ask(`${shape().url}/v2/api/config/${app}?bucket=${buckets[i]}`)
        expect(device.text).toBe(JSON.stringify(config))
      })
    }
    const without = (await preview(shape(), app, {})).json<Previewed>()
    expect(without.config.configVersion).toBe('3.0.0')
    expect(without.why.rollout).toEqual({ ...rollout, included: false })
    const { items } = (await manage(shape(), 'GET', `/apps/${app}/channels`)).json<{ items: object[] }>()
    expect(items).toEqual([
      {
        channel: 'stable',
        revision: live.revision,
        configVersion: '3.0.0',
        baseVersion: '2.0.0',
        candidate: { ...rollout, revision: candidate.revision, configVersion: '4.0.0' },
        releasedAt: live.releasedAt,
      },
    ])
  })

  it('answers as a device would be: 404 where nothing is live, 410 for an archived app; 409 and 422 for what is asked wrongly', async () => {
    const { app } = await family(shape())
    expectProblem(await preview(shape(), freshId(), {}), 'app_not_found')
    expectProblem(await preview(shape(), app, { configVersion: '9.9.9' }), 'version_not_found')
    expectProblem(await preview(shape(), app, { context: { bucket: 10_000 } }), 'invalid_field')
    expectProblem(await preview(shape(), app, { context: { county: 'DE' } }), 'unknown_field')
    const lonely = await makeApp(shape(), await makeTemplate(shape()))
    await saveVersion(shape(), lonely, '1.0.0')
    expectProblem(await preview(shape(), lonely, {}), 'config_not_released')
    expectProblem(await preview(shape(), lonely, { configVersion: '1.0.0' }), 'template_not_released')
    await manage(shape(), 'DELETE', `/apps/${app}`)
    expectProblem(await preview(shape(), app, {}), 'config_gone')
  })
}

const scopes = (shape: () => Shape): void => {
  it('answers 403 for an app that the token is not for', async () => {
    const { app } = await family(shape())
    const viewer = as(shape(), await createKey(shape(), { role: 'viewer', appIds: [freshId()] }))
    for (const answer of [
      await read(viewer, app),
      await preview(viewer, app, {}),
      await manage(viewer, 'GET', `/apps/${app}/channels`),
    ]) {
      expectProblem(answer, 'forbidden')
    }
    const ofThis = as(shape(), await createKey(shape(), { role: 'viewer', appIds: [app] }))
    expect((await read(ofThis, app)).status).toBe(200)
  })
}

/** What clients get, and where each value comes from. */
export const effective = (shape: () => Shape): void => {
  describe('effective configs', () => {
    shows(shape)
    previews(shape)
    scopes(shape)
  })
}
