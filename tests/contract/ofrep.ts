import { describe, expect, it } from 'vitest'
import { bucketOf } from '../../contract/bucket-of.ts'
import { ask } from './ask.ts'
import { publish } from './evaluated-calls.ts'
import { type AllFlags, evaluate, type OneFlag } from './ofrep-calls.ts'
import { createKey, manage, type Release, release, saveVersion } from './operator.ts'
import type { Shape } from './shapes.ts'

const isIos = { '==': [{ var: 'platform' }, 'ios'] }
const targeted = {
  data: { title: 'Hi', theme: { dark: false }, list: [1], gone: true, nothing: null },
  overrides: [
    { name: 'ios', when: isIos, data: { theme: { dark: true }, gone: null } },
    { name: 'everybody-with-a-bucket', rollout: 99.99, data: { theme: { size: 2 } } },
    { name: 'nobody', rollout: 0, data: { title: 'No' } },
  ],
  flags: {
    search: {
      ...{ state: 'ENABLED', variants: { on: true, off: false }, defaultVariant: 'off' },
      ...{ targeting: { if: [isIos, 'on'] }, metadata: { team: 'search', revision: 1 } },
    },
    off: { state: 'DISABLED', variants: { on: true } },
  },
}

/** In the order of their keys: the database keeps no other. */
const sorted = <Flag extends { key: string }>(flags: Flag[]): Flag[] =>
  flags.toSorted((one, other) => (one.key < other.key ? -1 : 1))

/** The flags of an answer, without where they come from. */
const withoutMetadata = ({ flags }: AllFlags) => sorted(flags.map(({ metadata: _, ...flag }) => flag))

/** Where changes are told after an answer; the number grows with every change of the app, and so is no other test's matter. */
const streamOf = (api: string, appId: string, key = ''): RegExp =>
  new RegExp(`^/${api}/api/config/${appId}/stream\\?as=ofrep&revision=\\d+${key}$`)

const all = (shape: () => Shape): void => {
  it('answers each key of data and each flag with value, variant, reason and where it comes from', async () => {
    const { appId, revision } = await publish(shape(), targeted)
    // A flag whose revision differed would be taken for one that has changed.
    const metadata = { appId, channel: 'stable' }
    const answer = await evaluate(shape(), appId)
    expect(answer.status, answer.text).toBe(200)
    const { flags, ...others } = answer.json<AllFlags>()
    expect(sorted(flags)).toEqual(
      sorted([
        { key: 'title', reason: 'STATIC', variant: 'default', value: 'Hi', metadata },
        { key: 'theme', reason: 'TARGETING_MATCH', variant: 'default', value: { dark: false }, metadata },
        { key: 'list', reason: 'STATIC', variant: 'default', value: [1], metadata },
        { key: 'gone', reason: 'TARGETING_MATCH', variant: 'default', value: true, metadata },
        {
          key: 'search',
          reason: 'DEFAULT',
          variant: 'off',
          value: false,
          metadata: { ...metadata, team: 'search', revision: 1 },
        },
        { key: 'off', reason: 'DISABLED', metadata },
      ]),
    )
    expect(others).toEqual({
      metadata: { ...metadata, revision, configVersion: '1.0.0' },
      eventStreams: [{ type: 'sse', endpoint: { requestUri: expect.stringMatching(streamOf('v2', appId)) } }],
    })
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      'access-control-allow-origin': '*',
    })
    expect(answer.headers.etag).toMatch(/^W\/"[\x21\x23-\x7e]+"$/)
  })

  it('answers for a context, with the last override that touched a key as its variant', async () => {
    const { appId } = await publish(shape(), targeted)
    const context = { platform: 'iOS', bucket: 0 }
    const answer = await evaluate(shape(), appId, { context })
    expect(withoutMetadata(answer.json<AllFlags>())).toEqual(
      sorted([
        { key: 'title', reason: 'STATIC', variant: 'default', value: 'Hi' },
        { key: 'theme', reason: 'SPLIT', variant: 'everybody-with-a-bucket', value: { dark: true, size: 2 } },
        { key: 'list', reason: 'STATIC', variant: 'default', value: [1] },
        { key: 'gone', reason: 'DEFAULT' },
        { key: 'search', reason: 'TARGETING_MATCH', variant: 'on', value: true },
        { key: 'off', reason: 'DISABLED' },
      ]),
    )
    const { data } = (await ask(`${shape().url}/v2/api/config/${appId}?platform=iOS&bucket=0`)).json<{
      data: object
    }>()
    expect(data).toEqual({ title: 'Hi', theme: { dark: true, size: 2 }, list: [1], nothing: null })
  })

  it('answers 304 to its tag for all contexts that lead to the same, and 200 to others and to a new release', async () => {
    const { appId } = await publish(shape(), targeted)
    const first = await evaluate(shape(), appId, { context: { platform: 'ios', targetingKey: 'a' } })
    const tag = first.headers.etag ?? ''
    const asked = (context: object) =>
      evaluate(shape(), appId, { context: { ...context }, headers: { 'if-none-match': tag } })
    const same = await asked({ platform: 'iPadOS', targetingKey: 'b', screen: { width: 3 }, version: 1e40 })
    expect([same.status, same.headers.etag, same.text]).toEqual([304, tag, ''])
    expect(same.headers['access-control-expose-headers']).toContain('ETag')
    expect((await asked({ platform: 'android', targetingKey: 'a' })).status).toBe(200)
    await publish(shape(), targeted, { appId, configVersion: '1.0.1' })
    const next = await asked({ platform: 'ios', targetingKey: 'a' })
    expect(next.status).toBe(200)
    expect(next.json<AllFlags>().metadata).toMatchObject({ configVersion: '1.0.1' })
  })

  it('is compressed as the client asks, and takes either tag', async () => {
    const { appId } = await publish(shape(), { data: { text: 'x'.repeat(2_000) } })
    const packed = await evaluate(shape(), appId, { headers: { 'accept-encoding': 'gzip' } })
    expect(packed.headers['content-encoding']).toBe('gzip')
    const headers = { 'accept-encoding': 'gzip', 'if-none-match': packed.headers.etag ?? '' }
    expect((await evaluate(shape(), appId, { headers })).status).toBe(304)
  })

  it('gives a targeting key the bucket of its hash, unless the context has a bucket', async () => {
    const { appId } = await publish(shape(), {
      data: { trial: false },
      overrides: [{ name: 'trial', rollout: 50, data: { trial: true } }],
    })
    const trialOf = async (context: Record<string, unknown>) =>
      (await evaluate(shape(), appId, { flag: 'trial', context })).json<OneFlag>().value
    const keys = Array.from({ length: 8 }, (_, at) => `user-${at}`)
    const byKey = await Promise.all(keys.map((targetingKey) => trialOf({ targetingKey })))
    const byBucket = await Promise.all(
      keys.map((key) => trialOf({ targetingKey: 'another', bucket: bucketOf(key) })),
    )
    expect(byKey).toEqual(byBucket)
    expect(new Set(byKey).size).toBe(2)
    expect(await trialOf({})).toBe(false)
  })

  it('ignores values that it cannot read where they matter, and names them', async () => {
    const { appId } = await publish(shape(), targeted)
    const context = { platform: { os: 'ios' }, country: 'Deutschland', appVersion: 'secret' }
    const answer = await evaluate(shape(), appId, { context })
    expect(answer.json<AllFlags>().metadata).toMatchObject({ warnings: 'platform' })
    const one = await evaluate(shape(), appId, { context, flag: 'title' })
    expect(one.json<OneFlag>().metadata).toMatchObject({ warnings: 'platform' })
    expect(answer.text + one.text).not.toContain('secret')
  })

  it('takes no context for an empty one', async () => {
    const { appId } = await publish(shape(), targeted)
    for (const body of [{}, { context: null }, { context: {} }]) {
      expect((await evaluate(shape(), appId, { body })).status).toBe(200)
    }
  })

  it('waits for the revision that a stream told of, and is not older', async () => {
    const { appId, revision } = await publish(shape(), targeted)
    const query = (etag: string) => `?flagConfigEtag=${etag}&flagConfigLastModified=1771622898`
    const told = await evaluate(shape(), appId, { query: query(String(revision)) })
    expect(told.json<AllFlags>().metadata).toMatchObject({ revision })
    // What another server told means nothing here.
    expect((await evaluate(shape(), appId, { query: query('%22cfg-3%22') })).status).toBe(200)
  })
}

const one = (shape: () => Shape): void => {
  it('answers one key or flag as it stands among all, with the release that it comes from', async () => {
    const { appId, revision } = await publish(shape(), targeted)
    const context = { platform: 'ios', bucket: 17 }
    const { flags } = (await evaluate(shape(), appId, { context })).json<AllFlags>()
    for (const flag of flags) {
      const answer = await evaluate(shape(), appId, { context, flag: flag.key })
      const metadata = { revision, configVersion: '1.0.0', ...flag.metadata }
      expect([answer.status, answer.json()]).toEqual([200, { ...flag, metadata }])
      expect(answer.headers).toMatchObject({
        'cache-control': 'no-store',
        'access-control-allow-origin': '*',
      })
    }
  })

  it('takes a key with slashes, spaces and percent signs, encoded or as it is', async () => {
    const { appId } = await publish(shape(), { data: { 'a/b c%': 1, ü: 2 } })
    for (const [flag, value] of [
      ['a%2Fb%20c%25', 1],
      ['a/b%20c%25', 1],
      ['a/b%20c%', 1],
      ['%C3%BC', 2],
    ] as const) {
      const answer = await evaluate(shape(), appId, { flag })
      expect([flag, answer.status, answer.json<OneFlag>().value]).toEqual([flag, 200, value])
    }
  })
}

const channels = (shape: () => Shape): void => {
  it('answers the beta channel below /beta, and to a key its own', async () => {
    const { appId } = await publish(shape(), { data: { on: 'stable' } })
    for (const channel of ['beta', 'staging']) {
      await saveVersion(shape(), appId, `1.0.0-${channel}`, { on: channel })
      const body = { configVersion: `1.0.0-${channel}`, channel }
      expect((await manage(shape(), 'POST', `/apps/${appId}/releases`, { body })).status).toBe(201)
    }
    const { key } = await createKey(shape(), { role: 'client', appIds: [appId], channel: 'staging' })
    const beta = (await evaluate(shape(), appId, { api: 'beta' })).json<AllFlags>()
    expect(beta.flags[0]).toMatchObject({ value: 'beta', metadata: { channel: 'beta' } })
    expect(beta.eventStreams[0]?.endpoint.requestUri).toMatch(streamOf('beta', appId))
    for (const headers of [{ 'x-api-key': key }, { authorization: `Bearer ${key}` }]) {
      const staging = (await evaluate(shape(), appId, { headers })).json<AllFlags>()
      expect(staging.flags[0]).toMatchObject({ value: 'staging' })
      expect(staging.eventStreams[0]?.endpoint.requestUri).toMatch(streamOf('v2', appId, `&key=${key}`))
      expect((await evaluate(shape(), appId, { headers, flag: 'on' })).json()).toMatchObject({
        value: 'staging',
      })
    }
  })

  it('gives each device of a rollout its release, for the reason of a percentage', async () => {
    const before = await publish(shape(), { data: { step: 1, same: true } })
    const { appId } = before
    await saveVersion(shape(), appId, '2.0.0', { step: 2, same: true, added: true })
    const rollout = { growth: 'linear', growthFactorPercent: 50, durationSeconds: 7200, bakeSeconds: 3600 }
    const started = await manage(shape(), 'POST', `/apps/${appId}/releases`, {
      body: { configVersion: '2.0.0', rollout },
    })
    const { revision } = started.json<Release>()
    const answers = await Promise.all(
      Array.from({ length: 16 }, async (_, n) =>
        (await evaluate(shape(), appId, { context: { bucket: n * 600 } })).json<AllFlags>(),
      ),
    )
    const inside = answers.find(({ metadata }) => metadata.revision === revision)
    const outside = answers.find(({ metadata }) => metadata.revision === before.revision)
    expect(inside && withoutMetadata(inside)).toEqual(
      sorted([
        { key: 'step', reason: 'SPLIT', variant: 'default', value: 2 },
        { key: 'same', reason: 'STATIC', variant: 'default', value: true },
        { key: 'added', reason: 'SPLIT', variant: 'default', value: true },
      ]),
    )
    expect(outside && withoutMetadata(outside)).toEqual(
      sorted([
        { key: 'step', reason: 'TARGETING_MATCH', variant: 'default', value: 1 },
        { key: 'same', reason: 'STATIC', variant: 'default', value: true },
        { key: 'added', reason: 'DEFAULT' },
      ]),
    )
  })

  it('answers a new release at once', async () => {
    const { appId } = await publish(shape(), { data: { step: 1 } })
    expect((await evaluate(shape(), appId, { flag: 'step' })).json()).toMatchObject({ value: 1 })
    await saveVersion(shape(), appId, '1.1.0', { step: 2 })
    await release(shape(), appId, '1.1.0')
    expect((await evaluate(shape(), appId, { flag: 'step' })).json()).toMatchObject({ value: 2 })
  })
}

/** OpenFeature Remote Evaluation Protocol: https://github.com/open-feature/protocol */
export const ofrep = (shape: () => Shape): void => {
  describe('OFREP', () => {
    all(shape)
    one(shape)
    channels(shape)
  })
}
