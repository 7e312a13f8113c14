import { describe, expect, it } from 'vitest'
import { isInRollout } from '../../server/src/platform/buckets/is-in-rollout.ts'
import { ask } from './ask.ts'
import { change, makeApp, makeTemplate, released } from './chain.ts'
import { manage } from './operator.ts'
import { expectProblem, places } from './problem.ts'
import type { Shape } from './shapes.ts'
import { goLiveWith, saveAuto } from './targeting-calls.ts'
import { whenCalm } from './when-calm.ts'

interface Explained {
  name: string
  layer: string
  matched: boolean
  rollout?: { percent: number; standing: number | null; included: boolean }
  why: { pointer: string; detail: string }[]
}
interface Previewed {
  config: {
    revision: number | null
    configVersion: string
    overrides: string[]
    warnings?: object[]
    data: object
  }
  why: { rollout: { included: boolean } | null; overrides: Explained[] }
  diff: {
    from: string | null
    to: string
    changes: { pointer: string; kind: string; after?: unknown }[]
  } | null
}

const preview = (shape: Shape, appId: string, body: object) =>
  manage(shape, 'POST', `/apps/${appId}/preview`, { body })
const previewed = async (
  shape: Shape,
  appId: string,
  context: object,
  more: object = {},
): Promise<Previewed> => {
  const answer = await preview(shape, appId, { context, ...more })
  expect(answer.status, answer.text).toBe(200)
  return answer.json<Previewed>()
}

const isIos = { '==': [{ var: 'platform' }, 'ios'] }
const isPaid = { '==': [{ var: 'plan' }, 'paid'] }
const plan = { plan: { type: 'string' } }

/** An app below a template, with overrides and flags of both, and an attribute that the template declares. */
const targeted = async (shape: Shape) => {
  const template = await makeTemplate(shape)
  await change(shape, template, { attributes: plan })
  await goLiveWith(shape, template, {
    data: { theme: { dark: false }, list: [1] },
    overrides: [
      { name: 'paid', when: isPaid, data: { theme: { dark: true } } },
      { name: 'trial', rollout: 30, data: { trial: true } },
    ],
    flags: {
      search: {
        ...{ state: 'ENABLED', variants: { on: true, off: false }, defaultVariant: 'off' },
        targeting: { if: [isIos, 'on'] },
      },
    },
  })
  const app = await makeApp(shape, template)
  const overrides = [
    {
      name: 'crash',
      when: { and: [isIos, { sem_ver: [{ var: 'appVersion' }, '=', '2.3.0'] }] },
      data: { features: { scanner: false } },
    },
    { name: 'welsh', when: { '==': [{ var: 'language' }, 'cy'] }, data: { hello: 'Croeso' } },
  ]
  await goLiveWith(shape, app, {
    data: { features: { scanner: true } },
    minimumAppVersion: '2.0.0',
    overrides,
  })
  return { template, app, overrides }
}

const devices: [context: Record<string, string | number>, overrides: string[]][] = [
  [{}, []],
  [{ platform: 'iOS', appVersion: '2.3' }, ['crash']],
  [{ platform: 'android', appVersion: '1.9.9', plan: 'paid' }, ['paid']],
  [{ language: 'cy-GB,en', country: 'GB', osVersion: '17' }, ['welsh']],
  [{ appVersion: 'latest', platform: 'ipados', plan: 'free' }, []],
]

const matches = (shape: () => Shape): void => {
  it('is byte by byte what a device gets that tells the same', async () => {
    const { app } = await targeted(shape())
    const buckets = Array.from({ length: 6 }, (_, at) => ({ bucket: at * 1700 }))
    for (const [context, overrides] of devices) {
      for (const bucket of [{}, ...buckets]) {
        const told = { ...context, ...bucket }
        const { config } = await previewed(shape(), app, told)
        const query = new URLSearchParams(Object.entries(told).map(([name, value]) => [name, String(value)]))
        await whenCalm(async () => {
          const device = await ask(`${shape().url}/v2/api/config/${app}?${query}`)
          expect(JSON.stringify(config)).toBe(device.text)
        })
        expect(config.overrides.filter((name) => name !== 'trial')).toEqual(overrides)
      }
    }
  })

  it('names what could not be read, where it matters', async () => {
    const { app } = await targeted(shape())
    const { config } = await previewed(shape(), app, { appVersion: 'latest', country: 'Wales' })
    expect(config.warnings).toEqual([{ parameter: 'appVersion', detail: expect.any(String) }])
  })
}

const explains = (shape: () => Shape): void => {
  it('tells of each override whose it is, and why it matches or does not', async () => {
    const { template, app } = await targeted(shape())
    const { why } = await previewed(shape(), app, {
      platform: 'ios',
      appVersion: '2.3.1',
      plan: 'paid',
      bucket: 1234,
    })
    const { standing = null, included } = why.overrides[1]?.rollout ?? {}
    expect(why.overrides).toEqual([
      { name: 'paid', layer: template, matched: true, why: [{ pointer: '/when', detail: 'plan is paid' }] },
      {
        ...{
          name: 'trial',
          layer: template,
          matched: included,
          rollout: { percent: 30, standing, included },
        },
        why: [
          { pointer: '/rollout', detail: `bucket 1234 stands at ${standing} %, and the rollout is at 30 %` },
        ],
      },
      {
        ...{ name: 'crash', layer: app, matched: false },
        why: [{ pointer: '/when/and/1', detail: 'appVersion is 2.3.1, not = 2.3.0' }],
      },
      {
        ...{ name: 'welsh', layer: app, matched: false },
        why: [{ pointer: '/when', detail: 'language is absent, not cy' }],
      },
    ])
    expect(standing !== null && standing < 30).toBe(included)
  })

  it('of one that takes the place of the template’s, whose it is now', async () => {
    const { template, app, overrides } = await targeted(shape())
    const off = { name: 'paid', rollout: 0, data: {} }
    await goLiveWith(shape(), app, { data: {}, overrides: [...overrides, off] })
    const { config, why } = await previewed(shape(), app, { plan: 'paid' })
    expect(why.overrides.map(({ name, layer }) => [name, layer])).toEqual([
      ['trial', template],
      ['crash', app],
      ['welsh', app],
      ['paid', app],
    ])
    expect(why.overrides[3]?.why).toEqual([
      { pointer: '/rollout', detail: 'the bucket is absent, and the rollout is at 0 %' },
    ])
    expect(config.overrides).toEqual([])
  })
}

const next = (shape: () => Shape): void => {
  it('of a version that is not live shows what it would change for this device', async () => {
    const { app, overrides } = await targeted(shape())
    const [crash] = overrides
    const fixed = {
      data: { features: { scanner: true }, news: 1 },
      minimumAppVersion: '2.0.0',
      overrides: [crash],
    }
    const { configVersion } = await saveAuto(shape(), app, fixed)
    const of = (context: object) => previewed(shape(), app, context, { configVersion })
    const welsh = await of({ language: 'cy' })
    expect(welsh.config).toMatchObject({ revision: null, publishedAt: null, configVersion, overrides: [] })
    expect(welsh.diff).toMatchObject({ from: expect.any(String), to: configVersion })
    expect(welsh.diff?.changes.map(({ pointer, kind }) => [pointer, kind])).toEqual([
      ['/data/hello', 'removed'],
      ['/data/news', 'added'],
    ])
    const english = await of({ language: 'en' })
    expect(english.diff?.changes.map(({ pointer }) => pointer)).toEqual(['/data/news'])
    expect((await previewed(shape(), app, { language: 'cy' })).diff).toBeNull()
  })

  it('compares flags as they are evaluated, and with the release that the bucket has', async () => {
    const { app } = await targeted(shape())
    const flag = { state: 'ENABLED', variants: { on: true, off: false }, defaultVariant: 'on' }
    const grown = await saveAuto(shape(), app, {
      data: { features: { scanner: true }, grown: true },
      flags: { search: flag },
    })
    const rollout = { growth: 'linear', growthFactorPercent: 50, durationSeconds: 86_400, bakeSeconds: 0 }
    const { rolloutId } = await released(shape(), app, { configVersion: grown.configVersion, rollout })
    const { configVersion } = await saveAuto(shape(), app, {
      data: { features: { scanner: true }, grown: true },
    })
    const seen = new Set<string>()
    const buckets = Array.from({ length: 10_000 }, (_, bucket) => bucket)
    const reached = buckets.filter((bucket) => isInRollout(Number(rolloutId), bucket, 50))
    const others = buckets.filter((bucket) => !reached.includes(bucket))
    for (const bucket of [...reached.slice(0, 6), ...others.slice(0, 6)]) {
      const live = await previewed(shape(), app, { platform: 'web', bucket })
      const { diff } = await previewed(shape(), app, { platform: 'web', bucket }, { configVersion })
      const changed = diff?.changes.map(({ pointer }) => pointer)
      seen.add(String(live.why.rollout?.included))
      expect(diff?.from).toBe(live.config.configVersion)
      expect(changed).toContain(live.why.rollout?.included ? '/flags/search/value' : '/data/grown')
    }
    expect(seen).toEqual(new Set(['true', 'false']))
  })

  it('has everything as new where nothing is live yet', async () => {
    const app = await makeApp(shape(), null)
    const { configVersion } = await saveAuto(shape(), app, { data: { a: 1 } })
    const { diff } = await previewed(shape(), app, {}, { configVersion })
    expect(diff).toMatchObject({
      from: null,
      to: configVersion,
      changes: [{ pointer: '/data/a', kind: 'added' }],
    })
  })
}

const refuses = (shape: () => Shape): void => {
  it('refuses attributes that nobody declared, with those there are: 422', async () => {
    const { app } = await targeted(shape())
    const refused = await preview(shape(), app, { context: { plan: 'paid', 'pl/an': 1, paln: 'paid' } })
    const problem = expectProblem(refused, 'unknown_field')
    expect(places(problem)).toEqual(['unknown_field /context/pl~1an', 'unknown_field /context/paln'])
    expect(problem.errors?.[0]?.detail).toContain(
      'platform, appVersion, osVersion, country, language, bucket, plan',
    )
  })

  it('takes attributes that were declared after the version was saved, and reads those of a release as it knows them', async () => {
    const { template, app } = await targeted(shape())
    await change(shape(), template, { attributes: { seats: { type: 'number' } } })
    const { config } = await previewed(shape(), app, { plan: 'paid', seats: 5 })
    expect(config.overrides).toEqual(['paid'])
  })

  it('refuses values that are none', async () => {
    const { app } = await targeted(shape())
    for (const context of [
      { platform: 1 },
      { plan: null },
      { plan: {} },
      { bucket: 1.5 },
      { language: [1] },
    ]) {
      expectProblem(await preview(shape(), app, { context }), 'invalid_field')
    }
  })
}

/** What a device would get, and why, before it does. */
export const previews = (shape: () => Shape): void => {
  describe('preview', () => {
    matches(shape)
    explains(shape)
    next(shape)
    refuses(shape)
  })
}
