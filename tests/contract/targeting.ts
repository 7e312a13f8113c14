import { describe, expect, it } from 'vitest'
import { type Answer, ask } from './ask.ts'
import { createApp, manage, publishApp, type Release, readConfig, release } from './operator.ts'
import { expectProblem, places } from './problem.ts'
import type { Shape } from './shapes.ts'

interface Evaluated {
  revision: number
  update: string
  pollSeconds: number
  varies: string[]
  overrides: string[]
  warnings?: { parameter: string; detail: string }[]
  data: Record<string, unknown>
  flags?: Record<string, { value?: unknown; variant?: string; reason: string }>
}

const read = (shape: Shape, path: string, headers: Record<string, string> = {}): Promise<Answer> =>
  ask(`${shape.url}/v2/api/config/${path}`, { headers })

const evaluate = async (shape: Shape, path: string): Promise<Evaluated> => {
  const answer = await read(shape, path)
  expect(answer.status, answer.text).toBe(200)
  return answer.json<Evaluated>()
}

const is = (name: string, value: unknown) => ({ '==': [{ var: name }, value] })

/** A new app, or the next version of one, with this document live. */
export const publish = async (
  shape: Shape,
  document: object,
  app: { appId?: string; configVersion?: string; create?: object } = {},
): Promise<Release> => {
  const { configVersion = '1.0.0' } = app
  const appId = app.appId ?? (await createApp(shape, app.create ?? {})).appId
  const body = { configVersion, ...document }
  const saved = await manage(shape, 'POST', `/apps/${appId}/configs`, { body })
  expect(saved.status, saved.text).toBe(201)
  return release(shape, appId, configVersion)
}

const overrides = (shape: () => Shape): void => {
  it('lays over the data what matches, in order, and names it', async () => {
    const { appId } = await publish(shape(), {
      data: { theme: { primary: 'blue', dark: false }, legal: 'world', gone: 1 },
      overrides: [
        { name: 'dark-ios', when: is('platform', 'ios'), data: { theme: { dark: true } } },
        { name: 'germany', when: is('country', 'DE'), data: { legal: 'Impressum', gone: null } },
        {
          name: 'ios-2',
          when: { sem_ver: [{ var: 'appVersion' }, '>=', '2.0.0'] },
          data: { theme: { primary: 'red' } },
        },
      ],
    })
    expect(await evaluate(shape(), appId)).toMatchObject({
      varies: ['appVersion', 'country', 'platform'],
      overrides: [],
      data: { theme: { primary: 'blue', dark: false }, legal: 'world', gone: 1 },
    })
    const all = await evaluate(shape(), `${appId}?platform=iOS&country=de&appVersion=2`)
    expect(all.overrides).toEqual(['dark-ios', 'germany', 'ios-2'])
    expect(all.data).toEqual({ theme: { primary: 'red', dark: true }, legal: 'Impressum' })
    expect((await evaluate(shape(), `${appId}?platform=ios&country=FR`)).overrides).toEqual(['dark-ios'])
    expect((await readConfig(shape(), appId)).json()).toMatchObject({ data: { legal: 'world', gone: 1 } })
  })

  it('gives a percentage of the buckets an override, the same ones for as long as it does not shrink', async () => {
    const document = (rollout: number) => ({
      data: { trial: false },
      overrides: [{ name: 'trial', rollout, data: { trial: true } }],
    })
    const { appId } = await publish(shape(), document(20))
    const buckets = Array.from({ length: 100 }, (_, n) => n * 100 + 7)
    const included = async (): Promise<number[]> => {
      const answers = await Promise.all(
        buckets.map((bucket) => evaluate(shape(), `${appId}?bucket=${bucket}`)),
      )
      return buckets.filter((_, at) => answers[at]?.data.trial)
    }
    const first = await included()
    expect(first.length).toBeGreaterThan(5)
    expect(first.length).toBeLessThan(45)
    expect((await evaluate(shape(), appId)).data).toEqual({ trial: false })
    await publish(shape(), document(60), { appId, configVersion: '1.0.1' })
    const second = await included()
    expect(second.length).toBeGreaterThan(first.length)
    expect(second).toEqual(expect.arrayContaining(first))
  })

  it('keeps what a query with a second question mark got from those who ask without', async () => {
    const { appId } = await publish(shape(), {
      data: { legal: 'world' },
      overrides: [{ name: 'germany', when: is('country', 'DE'), data: { legal: 'Impressum' } }],
    })
    for (const query of ['??country=DE', '??keys=none', '?country=FR&country=', '']) {
      expect((await evaluate(shape(), `${appId}${query}`)).data, query).toEqual({ legal: 'world' })
    }
  })

  it('lays the overrides of a template first, and lets an app replace one by its name', async () => {
    const template = await publish(
      shape(),
      {
        data: { legal: 'world' },
        overrides: [
          { name: 'germany', when: is('country', 'DE'), data: { legal: 'Impressum' } },
          { name: 'france', when: is('country', 'FR'), data: { legal: 'Mentions' } },
        ],
      },
      { create: { kind: 'template' } },
    )
    const { appId } = await publish(
      shape(),
      { data: {}, overrides: [{ name: 'germany', rollout: 0, data: {} }] },
      { create: { extends: template.appId } },
    )
    expect((await evaluate(shape(), `${appId}?country=DE`)).data).toEqual({ legal: 'world' })
    expect((await evaluate(shape(), `${appId}?country=FR`)).data).toEqual({ legal: 'Mentions' })
  })

  it('evaluates flags beside the data', async () => {
    const { appId } = await publish(shape(), {
      data: {},
      flags: {
        'new-search': {
          state: 'ENABLED',
          variants: { on: true, off: false },
          defaultVariant: 'off',
          targeting: { if: [is('platform', 'ios'), 'on'] },
        },
      },
    })
    const flagOf = async (query: string) => (await evaluate(shape(), appId + query)).flags?.['new-search']
    expect(await flagOf('?platform=ios')).toEqual({ value: true, variant: 'on', reason: 'TARGETING_MATCH' })
    expect(await flagOf('')).toEqual({ value: false, variant: 'off', reason: 'DEFAULT' })
  })

  it('matches languages by lookup, in whatever form a device writes them', async () => {
    const { appId } = await publish(shape(), {
      data: { hello: 'Hello' },
      overrides: [
        { name: 'welsh', when: is('language', 'cy'), data: { hello: 'Helo' } },
        { name: 'marathi', when: is('language', 'mr'), data: { hello: 'नमस्कार' } },
        { name: 'austria', when: is('language', 'de-AT'), data: { hello: 'Servus' } },
      ],
    })
    for (const [language, hello] of [
      ['cy-GB', 'Helo'],
      ['mr_IN', 'नमस्कार'],
      ['de-AT', 'Servus'],
      ['de', 'Hello'],
      ['en-GB,de_AT.UTF-8', 'Servus'],
      ['xx-invalid-language-tag', 'Hello'],
    ]) {
      expect((await evaluate(shape(), `${appId}?language=${language}`)).data, language).toEqual({ hello })
    }
  })

  it('asks for attributes that the app declares', async () => {
    const create = { attributes: { plan: { type: 'string' }, seats: { type: 'number' } } }
    const { appId } = await publish(
      shape(),
      {
        data: { team: false },
        overrides: [
          {
            name: 'teams',
            when: { and: [is('plan', 'paid'), { '>': [{ var: 'seats' }, 5] }] },
            data: { team: true },
          },
        ],
      },
      { create },
    )
    expect((await evaluate(shape(), appId)).varies).toEqual(['plan', 'seats'])
    expect((await evaluate(shape(), `${appId}?plan=paid&seats=6`)).data).toEqual({ team: true })
    expect((await evaluate(shape(), `${appId}?plan=paid&seats=5`)).data).toEqual({ team: false })
    const wrong = await evaluate(shape(), `${appId}?plan=paid&seats=many`)
    expect(wrong.warnings?.map(({ parameter }) => parameter)).toEqual(['seats'])
  })
}

const contexts = (shape: () => Shape): void => {
  it('tells a device whether it must be updated, by its version as it writes it', async () => {
    const { appId } = await publish(shape(), {
      minimumAppVersion: '1.2.0',
      recommendedAppVersion: '2.0.0',
      data: {},
    })
    for (const [appVersion, update] of [
      ['1', 'required'],
      ['1.1.9', 'required'],
      ['1.2', 'recommended'],
      ['v1.5.0.77', 'recommended'],
      ['2.0.0', 'none'],
      ['3', 'none'],
    ]) {
      expect((await evaluate(shape(), `${appId}?appVersion=${appVersion}`)).update, appVersion).toBe(update)
    }
    expect((await evaluate(shape(), appId)).update).toBe('none')
  })

  it('takes a value that it cannot read for none, and says so without repeating it', async () => {
    const { appId } = await publish(shape(), {
      data: { old: true },
      overrides: [
        {
          name: 'by-version',
          when: { sem_ver: [{ var: 'appVersion' }, '<', '2.0.0'] },
          data: { old: false },
        },
        { name: 'by-country', when: is('country', 'DE'), data: {} },
      ],
    })
    const answer = await read(shape(), `${appId}?appVersion=secret-build&country=Deutschland&platform=%20`)
    expect(answer.status).toBe(200)
    const { warnings, data } = answer.json<Evaluated>()
    expect(warnings?.map(({ parameter }) => parameter)).toEqual(['appVersion', 'country'])
    expect(answer.text).not.toContain('secret')
    expect(data).toEqual({ old: true })
  })

  it('gives one answer and one tag to all whose context leads to the same, and another tag to others', async () => {
    const { appId } = await publish(shape(), {
      data: { a: 1 },
      overrides: [{ name: 'eu', when: { in: [{ var: 'country' }, ['DE', 'FR']] }, data: { a: 2 } }],
    })
    const tagOf = async (query: string) => (await read(shape(), `${appId}?${query}`)).headers.etag ?? ''
    const [germany, france, japan] = await Promise.all(
      ['country=DE', 'country=FR&x=1', 'country=JP'].map(tagOf),
    )
    expect(france).toBe(germany)
    expect(japan).not.toBe(germany)
    expect((await read(shape(), `${appId}?country=FR`, { 'if-none-match': germany ?? '' })).status).toBe(304)
    expect((await read(shape(), `${appId}?country=JP`, { 'if-none-match': germany ?? '' })).status).toBe(200)
  })

  it('says how often the app shall ask again', async () => {
    const { appId } = await publish(shape(), { data: {} }, { create: { pollSeconds: 60 } })
    const first = await read(shape(), appId)
    expect(first.json<Evaluated>().pollSeconds).toBe(60)
    const changed = await manage(shape(), 'PATCH', `/apps/${appId}`, { body: { pollSeconds: 900 } })
    expect(changed.status, changed.text).toBe(200)
    const second = await read(shape(), appId, { 'if-none-match': first.headers.etag ?? '' })
    expect(second.json<Evaluated>().pollSeconds).toBe(900)
  })
}

const parts = (shape: () => Shape): void => {
  it('answers only the keys that are asked for', async () => {
    const { appId } = await publishApp(shape(), { a: { b: { c: 1 }, d: 2 }, e: 3, 'x.y': 4 })
    const data = async (keys: string) => (await evaluate(shape(), `${appId}?keys=${keys}`)).data
    expect(await data('e')).toEqual({ e: 3 })
    expect(await data('a.b.c,x.y')).toEqual({ a: { b: { c: 1 } }, 'x.y': 4 })
    expect(await data('nothing,a.nothing')).toEqual({})
    const tags = await Promise.all(
      ['', '?keys=e', '?keys=a'].map(async (query) => (await read(shape(), appId + query)).headers.etag),
    )
    expect(new Set(tags).size).toBe(3)
  })

  it.each(['', 'a,,b', 'a&keys=b'])('answers 400 to keys=%s', async (keys) => {
    const { appId } = await publishApp(shape())
    const answer = await read(shape(), `${appId}?keys=${keys}`)
    expect(places(expectProblem(answer, 'invalid_parameter'))).toEqual(['invalid_parameter keys'])
  })
}

const yearLong = 'public, max-age=31536000, immutable'

const revisions = (shape: () => Shape): void => {
  it('lets an answer of just the revision that is named be kept for a year', async () => {
    const { appId, revision } = await publishApp(shape(), { step: 1 })
    const exact = await read(shape(), `${appId}?revision=${revision}`)
    expect(exact.json()).toMatchObject({ revision, data: { step: 1 } })
    expect(exact.headers['cache-control']).toBe(yearLong)
    const { headers } = await read(shape(), appId)
    expect(headers.etag).toBe(exact.headers.etag)
    expect(headers['cache-control']).toBe(
      'public, max-age=300, stale-while-revalidate=60, stale-if-error=86400',
    )
    const same = await read(shape(), `${appId}?revision=${revision}`, { 'if-none-match': headers.etag ?? '' })
    expect(same.status).toBe(304)
    expect(same.headers['cache-control']).toBe(yearLong)
  })

  it('lets nobody keep an answer for a year in which a flag asked what time it is', async () => {
    const late = {
      state: 'ENABLED',
      variants: { on: true, off: false },
      targeting: { if: [{ '>': [{ var: '$flagd.timestamp' }, 4_000_000_000] }, 'on', 'off'] },
    }
    const { appId, revision } = await publish(shape(), { data: {}, flags: { late } })
    const exact = await read(shape(), `${appId}?revision=${revision}`)
    expect(exact.json()).toMatchObject({ revision, flags: { late: { value: false } } })
    expect(exact.headers['cache-control']).toContain('max-age=300')
  })

  it('answers a revision that was live as it was, and what is live to a number that never was one', async () => {
    const first = await publish(shape(), { data: { step: 1 } })
    const { appId } = first
    const second = await publish(shape(), { data: { step: 2 } }, { appId, configVersion: '1.0.1' })
    const past = await read(shape(), `${appId}?revision=${first.revision}`)
    expect(past.json()).toMatchObject({ revision: first.revision, data: { step: 1 } })
    expect(past.headers['cache-control']).toBe(yearLong)
    const never = await read(shape(), `${appId}?revision=1`)
    expect(never.json()).toMatchObject({ revision: second.revision, data: { step: 2 } })
    expect(never.headers['cache-control']).toContain('max-age=300')
  })

  it('answers 503 to a revision that is nowhere yet, and not what is older', async () => {
    const { appId, revision } = await publishApp(shape())
    const answer = await read(shape(), `${appId}?revision=${revision + 1_000_000}`)
    expectProblem(answer, 'revision_not_here')
    expect(answer.headers['retry-after']).toBe('1')
    expect(answer.headers['cache-control']).toBe('no-store')
  })

  it('does not give the candidate of a rollout to a device outside for the asking', async () => {
    const before = await publish(shape(), { data: { step: 1 } })
    const { appId } = before
    const body = { configVersion: '2.0.0', data: { step: 2 } }
    expect((await manage(shape(), 'POST', `/apps/${appId}/configs`, { body })).status).toBe(201)
    const rollout = { growth: 'linear', growthFactorPercent: 1, durationSeconds: 7200, bakeSeconds: 3600 }
    const started = await manage(shape(), 'POST', `/apps/${appId}/releases`, {
      body: { configVersion: '2.0.0', rollout },
    })
    const { revision } = started.json<Release>()
    const answer = await read(shape(), `${appId}?revision=${revision}`)
    expect(answer.json()).toMatchObject({ revision: before.revision, data: { step: 1 } })
    expect(answer.headers['cache-control']).toContain('max-age=300')
  })

  it.each(['', 'x', '0', '-1', '1.5', '1&revision=1'])('answers 400 to revision=%s', async (revision) => {
    const { appId } = await publishApp(shape())
    const answer = await read(shape(), `${appId}?revision=${revision}`)
    expect(places(expectProblem(answer, 'invalid_parameter'))).toEqual(['invalid_parameter revision'])
  })

  it('answers 400, 404 and 410 as without a revision', async () => {
    const { appId: archived } = await publishApp(shape())
    await manage(shape(), 'DELETE', `/apps/${archived}`)
    expectProblem(await read(shape(), '-shop?revision=1'), 'invalid_parameter')
    expectProblem(await read(shape(), 'no-such-app?revision=1'), 'app_not_found')
    expectProblem(await read(shape(), `${archived}?revision=1`), 'config_gone')
  })
}

/** What `/v2` gives to a device by what it tells, and by what it asks for. */
export const targeting = (shape: () => Shape): void => {
  describe('targeting', () => {
    overrides(shape)
    contexts(shape)
    parts(shape)
    revisions(shape)
  })
}
