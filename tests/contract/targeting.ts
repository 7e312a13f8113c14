import { describe, expect, it } from 'vitest'
import { type Evaluated, evaluate, publish, read } from './evaluated-calls.ts'
import { manage, readConfig } from './operator.ts'
import type { Shape } from './shapes.ts'
import { whenCalm } from './when-calm.ts'

const is = (name: string, value: unknown) => ({ '==': [{ var: name }, value] })

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

  it('gives a query its own answer each time it comes, whatever looks like it', async () => {
    const { appId } = await publish(shape(), {
      data: { legal: 'world' },
      overrides: [{ name: 'germany', when: is('country', 'DE'), data: { legal: 'Impressum' } }],
    })
    const ofTheWorld = [
      '??country=DE',
      '??keys=none',
      '?country=FR&country=',
      '?=DE',
      '?&=DE',
      '?country',
      '',
    ]
    const ofGermany = ['?country=DE', '?%63ountry=DE', '?&country=DE&x=1', '?country=de']
    for (const query of [1, 2, 3].flatMap(() => [...ofTheWorld, ...ofGermany])) {
      const legal = ofGermany.includes(query) ? 'Impressum' : 'world'
      expect((await evaluate(shape(), `${appId}${query}`)).data, query).toEqual({ legal })
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
    const germany = await whenCalm(async () => {
      const [germany, france, japan] = await Promise.all(
        ['country=DE', 'country=FR&x=1', 'country=JP'].map(tagOf),
      )
      expect(france).toBe(germany)
      expect(japan).not.toBe(germany)
      return germany
    })
    expect((await read(shape(), `${appId}?country=FR`, { 'if-none-match': germany ?? '' })).status).toBe(304)
    expect((await read(shape(), `${appId}?country=JP`, { 'if-none-match': germany ?? '' })).status).toBe(200)
  })

  it('says how often the app shall ask again', async () => {
    const { appId } = await publish(shape(), { data: {} }, { create: { pollSeconds: 60 } })
    const first = await whenCalm(async () => {
      const first = await read(shape(), appId)
      expect(first.json<Evaluated>().pollSeconds).toBe(60)
      return first
    })
    const changed = await manage(shape(), 'PATCH', `/apps/${appId}`, { body: { pollSeconds: 900 } })
    expect(changed.status, changed.text).toBe(200)
    await whenCalm(async () => {
      const second = await read(shape(), appId, { 'if-none-match': first.headers.etag ?? '' })
      expect(second.json<Evaluated>().pollSeconds).toBe(900)
    })
  })
}

/** What `/v2` gives to a device by what it tells. */
export const targeting = (shape: () => Shape): void => {
  describe('targeting', () => {
    overrides(shape)
    contexts(shape)
  })
}
