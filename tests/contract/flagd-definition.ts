import { FlagdCore } from '@openfeature/flagd-core'
import { describe, expect, it } from 'vitest'
import { type Answer, ask } from './ask.ts'
import { fromMemory } from './cache-status.ts'
import { publish } from './evaluated-calls.ts'
import { createApp, createKey, freshId, manage, publishApp, type Release, saveVersion } from './operator.ts'
import { expectProblem, places } from './problem.ts'
import type { Shape } from './shapes.ts'

const read = (
  shape: Shape,
  appId: string,
  headers: Record<string, string> = {},
  { api = 'v2', query = '', method = 'GET' } = {},
): Promise<Answer> => ask(`${shape.url}/${api}/api/config/${appId}/flagd.json${query}`, { method, headers })

const isIos = { '==': [{ var: 'platform' }, 'ios'] }
const targeted = {
  data: { theme: { dark: false }, limit: 5 },
  overrides: [
    { name: 'dark-ios', when: isIos, data: { theme: { dark: true } } },
    { name: 'half', rollout: 50, data: { limit: 10 } },
  ],
  flags: {
    search: {
      state: 'ENABLED',
      variants: { on: true, off: false },
      defaultVariant: 'off',
      targeting: { if: [isIos, 'on'] },
    },
  },
}

const silent = { error() {}, warn() {}, info() {}, debug() {} }
const open = (answer: Answer) => {
  const core = new FlagdCore(undefined, silent)
  core.setConfigurations(answer.text)
  return core
}

const answers = (shape: () => Shape): void => {
  it('answers keys of data and flags as flagd reads them, with every caching header', async () => {
    const { appId, revision, releasedAt } = await publish(shape(), targeted)
    await read(shape(), appId)
    const answer = await read(shape(), appId)
    expect(answer.status, answer.text).toBe(200)
    expect(answer.json()).toMatchObject({
      $schema: 'https://flagd.dev/schema/v0/flags.json',
      metadata: { appId, channel: 'stable', revision, configVersion: '1.0.0' },
      flags: {
        theme: {
          state: 'ENABLED',
          variants: { default: { dark: false }, 'dark-ios': { dark: true } },
          defaultVariant: 'default',
          targeting: { if: [{ $ref: 'dark-ios' }, 'dark-ios', 'default'] },
        },
        limit: { variants: { default: 5, half: 10 } },
        search: targeted.flags.search,
      },
      $evaluators: { 'dark-ios': isIos },
    })
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'content-length': String(answer.body.byteLength),
      'cache-control': 'public, max-age=300, stale-while-revalidate=60, stale-if-error=86400',
      'last-modified': new Date(releasedAt).toUTCString(),
      vary: 'Accept-Encoding',
      'no-vary-search': 'params, except=("revision")',
      'cache-tag': `app-${appId}`,
      'surrogate-key': `app-${appId}`,
      'access-control-allow-origin': '*',
      'cache-status': fromMemory(shape()),
    })
  })

  it('evaluates in the process of an app to what /v2 answers', async () => {
    const { appId } = await publish(shape(), targeted)
    const core = open(await read(shape(), appId))
    for (const bucket of [0, 1111, 2222, 3333, 4444]) {
      for (const platform of ['ios', 'android']) {
        const query = `bucket=${bucket}&platform=${platform}`
        const { data, flags } = (await ask(`${shape().url}/v2/api/config/${appId}?${query}`)).json<{
          data: { theme: object; limit: number }
          flags: { search: object }
        }>()
        const context = { bucket, platform, targetingKey: String(bucket) }
        expect(core.resolveObjectEvaluation('theme', {}, context).value).toEqual(data.theme)
        expect(core.resolveNumberEvaluation('limit', 0, context).value).toBe(data.limit)
        expect(core.resolveBooleanEvaluation('search', false, context)).toMatchObject(flags.search)
      }
    }
  })

  it('answers 304 to its tag, other tags to other releases and codings, and HEAD', async () => {
    const { appId } = await publish(shape(), { data: { text: 'x'.repeat(2_000) } })
    const first = await read(shape(), appId)
    const tag = first.headers.etag ?? ''
    const same = await read(shape(), appId, { 'if-none-match': tag })
    expect([same.status, same.headers.etag, same.body.byteLength]).toEqual([304, tag, 0])
    const packed = await read(shape(), appId, { 'accept-encoding': 'gzip' })
    expect(packed.headers['content-encoding']).toBe('gzip')
    expect(packed.headers.etag).not.toBe(tag)
    const head = await read(shape(), appId, {}, { method: 'HEAD' })
    expect([head.status, head.headers.etag, head.body.byteLength]).toEqual([200, tag, 0])
    await publish(shape(), { data: { text: 'y' } }, { appId, configVersion: '1.0.1' })
    const next = await read(shape(), appId, { 'if-none-match': tag })
    expect(next.json()).toMatchObject({ flags: { text: { variants: { default: 'y' } } } })
  })

  it('holds both sides of a rollout, and is another one with each step of it', async () => {
    const before = await publish(shape(), { data: { step: 1, same: true } })
    const { appId } = before
    const plain = await read(shape(), appId)
    await saveVersion(shape(), appId, '2.0.0', { step: 2, same: true })
    const rollout = { growth: 'linear', growthFactorPercent: 50, durationSeconds: 7200, bakeSeconds: 3600 }
    const body = { configVersion: '2.0.0', rollout }
    const started = await manage(shape(), 'POST', `/apps/${appId}/releases`, { body })
    const { revision, rolloutId } = started.json<Release>()
    const during = await read(shape(), appId, { 'if-none-match': plain.headers.etag ?? '' })
    expect(during.status).toBe(200)
    expect(during.json()).toMatchObject({
      metadata: { revision: before.revision, candidateRevision: revision, candidatePercent: 50 },
      flags: {
        step: { variants: { default: 1, [`default@${revision}`]: 2 } },
        same: { variants: { default: true } },
      },
    })
    const core = open(during)
    for (const bucket of [5, 1505, 3005, 4505, 6005, 7505]) {
      const { data } = (await ask(`${shape().url}/v2/api/config/${appId}?bucket=${bucket}`)).json<{
        data: { step: number }
      }>()
      expect(core.resolveNumberEvaluation('step', 0, { bucket }).value).toBe(data.step)
    }
    await manage(shape(), 'POST', `/rollouts/${rolloutId}/promote`, { body: { reason: 'A test' } })
    expect((await read(shape(), appId)).json()).toMatchObject({
      metadata: { revision },
      flags: { step: { variants: { default: 2 } } },
    })
  })

  it('answers the beta channel below /beta, and to a key its own, which no cache shares', async () => {
    const { appId } = await publish(shape(), { data: { on: 'stable' } })
    for (const channel of ['beta', 'staging']) {
      await saveVersion(shape(), appId, `1.0.0-${channel}`, { on: channel })
      const body = { configVersion: `1.0.0-${channel}`, channel }
      expect((await manage(shape(), 'POST', `/apps/${appId}/releases`, { body })).status).toBe(201)
    }
    const { key } = await createKey(shape(), { role: 'client', appIds: [appId], channel: 'staging' })
    const beta = await read(shape(), appId, {}, { api: 'beta' })
    expect(beta.json()).toMatchObject({
      metadata: { channel: 'beta' },
      flags: { on: { variants: { default: 'beta' } } },
    })
    const staging = await read(shape(), appId, { 'x-api-key': key })
    expect(staging.json()).toMatchObject({ flags: { on: { variants: { default: 'staging' } } } })
    expect(staging.headers['cache-control']).toContain('private')
  })

  it('never answers what is older than the revision that is asked for, and may be kept for a moment only', async () => {
    const { appId, revision } = await publishApp(shape())
    const now = await read(shape(), appId, {}, { query: `?revision=${revision}` })
    expect(now.json()).toMatchObject({ metadata: { revision } })
    expect(now.headers['cache-control']).toContain('max-age=300')
    expectProblem(
      await read(shape(), appId, {}, { query: `?revision=${revision + 1_000_000}` }),
      'revision_not_here',
    )
  })
}

const refusals = (shape: () => Shape): void => {
  it('answers 400, 401, 403, 404, 405 and 410 as a read does', async () => {
    const { appId } = await publishApp(shape())
    const { appId: unreleased } = await createApp(shape())
    const { appId: archived } = await publishApp(shape())
    await manage(shape(), 'DELETE', `/apps/${archived}`)
    const { key } = await createKey(shape(), { role: 'client', appIds: [unreleased], channel: 'stable' })
    const bad = await read(shape(), appId, {}, { query: '?revision=x' })
    expect(places(expectProblem(bad, 'invalid_parameter'))).toEqual(['invalid_parameter revision'])
    expectProblem(await read(shape(), '-bad'), 'invalid_parameter')
    expectProblem(await read(shape(), appId, { 'x-api-key': 'nonsense' }), 'unauthorized')
    expectProblem(await read(shape(), appId, { 'x-api-key': key }), 'forbidden')
    expectProblem(await read(shape(), freshId('unknown')), 'app_not_found')
    expectProblem(await read(shape(), unreleased), 'config_not_released')
    const posted = await read(shape(), appId, {}, { method: 'POST' })
    expectProblem(posted, 'method_not_allowed')
    expect(posted.headers.allow).toBe('GET, HEAD, OPTIONS')
    expectProblem(await read(shape(), archived), 'config_gone')
    expectProblem(await read(shape(), appId, {}, { api: 'v1' }), 'route_not_found')
  })

  it('answers 409 with the key that can have too many values, and reads go on', async () => {
    const overrides = Array.from({ length: 11 }, (_, at) => ({
      ...{ name: `trial-${at}`, rollout: 50, data: { theme: { [`t${at}`]: true } } },
    }))
    const { appId } = await publish(shape(), { data: { theme: {}, on: true }, overrides })
    for (const _ of [1, 2]) {
      const { detail } = expectProblem(await read(shape(), appId), 'definition_too_large')
      expect(detail).toContain('"theme"')
    }
    expect((await ask(`${shape().url}/v2/api/config/${appId}`)).status).toBe(200)
  })
}

/** `flagd.json`: an app for flagd, and for providers in the process of an app. */
export const flagdDefinition = (shape: () => Shape): void => {
  describe('the flagd definition', () => {
    answers(shape)
    refusals(shape)
  })
}
