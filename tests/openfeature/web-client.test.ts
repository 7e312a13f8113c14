import { setTimeout as sleep } from 'node:timers/promises'
import { ErrorCode, ProviderStatus } from '@openfeature/web-sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { publish } from '../contract/evaluated-calls.ts'
import { evaluateOnce } from '../contract/ofrep-calls.ts'
import { createKey, manage, publishApp, saveVersion } from '../contract/operator.ts'
import { type Shape, startShape } from '../contract/shapes.ts'
import { eventually } from '../eventually.ts'
import { openWeb } from './open-clients.ts'

const isIos = { '==': [{ var: 'platform' }, 'ios'] }
const targeted = {
  data: { on: true, title: 'Hi', limit: 5, theme: { dark: false }, list: [1, 2], gone: 1, nothing: null },
  overrides: [{ name: 'ios', when: isIos, data: { limit: 10, theme: { dark: true }, gone: null } }],
  flags: {
    search: {
      state: 'ENABLED',
      variants: { on: 'new', off: 'old' },
      defaultVariant: 'off',
      targeting: { if: [isIos, 'on'] },
    },
    banner: { state: 'DISABLED', variants: { on: true } },
  },
}
const quiet = { changeDetection: 'none' } as const

let shape: Shape
beforeAll(async () => {
  shape = await startShape({ runtime: 'node' })
})
afterAll(() => shape.stop())

describe('the web SDK of OpenFeature on its OFREP provider', () => {
  it('gets typed values, with variant, reason and where they come from', async () => {
    const { appId } = await publish(shape, targeted)
    const { client, ready, close } = await openWeb(shape.url, appId, { targetingKey: 'a' }, quiet)
    await ready
    expect(client.providerStatus).toBe(ProviderStatus.READY)
    expect(client.getBooleanValue('on', false)).toBe(true)
    expect(client.getStringValue('title', '')).toBe('Hi')
    expect(client.getNumberValue('limit', 0)).toBe(5)
    expect(client.getObjectValue('theme', {})).toEqual({ dark: false })
    expect(client.getObjectValue('list', [])).toEqual([1, 2])
    expect(client.getStringDetails('search', '')).toMatchObject({
      value: 'old',
      variant: 'off',
      reason: 'DEFAULT',
    })
    expect(client.getBooleanDetails('on', false)).toMatchObject({ variant: 'default', reason: 'STATIC' })
    expect(client.getNumberDetails('limit', 0)).toMatchObject({
      ...{ variant: 'default', reason: 'TARGETING_MATCH' },
      flagMetadata: { appId, channel: 'stable' },
    })
    await close()
  })

  it('asks again when the context changes, and is told 304 where that changes nothing', async () => {
    const { appId } = await publish(shape, targeted)
    const { client, ready, calls, setContext, close } = await openWeb(
      shape.url,
      appId,
      { targetingKey: 'a' },
      quiet,
    )
    await ready
    await setContext({ targetingKey: 'a', platform: 'iOS' })
    expect(client.getNumberDetails('limit', 0)).toMatchObject({ value: 10, variant: 'ios' })
    expect(client.getObjectValue('theme', {})).toEqual({ dark: true })
    expect(client.getStringValue('search', '')).toBe('new')
    await setContext({ targetingKey: 'a', platform: 'iPadOS', nickname: 'Jo' })
    expect(calls.map(({ status }) => status)).toEqual([200, 200, 304])
    expect(calls[2]?.ifNoneMatch).toMatch(/^W\/".*"$/)
    expect(client.getNumberValue('limit', 0)).toBe(10)
    await setContext({ targetingKey: 'b' })
    expect(client.getNumberValue('limit', 0)).toBe(5)
    await close()
  })

  it('takes the default of the code for what is not there, is off, was taken away, or is of another type', async () => {
    const { appId } = await publish(shape, targeted)
    const { client, ready, close } = await openWeb(shape.url, appId, { platform: 'ios' }, quiet)
    await ready
    const unknown = { value: true, reason: 'ERROR', errorCode: ErrorCode.FLAG_NOT_FOUND }
    expect(client.getBooleanDetails('unknown', true)).toMatchObject(unknown)
    expect(client.getBooleanDetails('nothing', true)).toMatchObject(unknown)
    const off = client.getBooleanDetails('banner', false)
    expect([off.value, off.reason, off.errorCode]).toEqual([false, 'DISABLED', undefined])
    const gone = client.getNumberDetails('gone', 7)
    expect([gone.value, gone.reason, gone.errorCode]).toEqual([7, 'DEFAULT', undefined])
    expect(client.getStringDetails('on', 'x')).toMatchObject({
      value: 'x',
      errorCode: ErrorCode.TYPE_MISMATCH,
    })
    await close()
  })

  it('reads the channel of its key, and is told for good when its key is refused', async () => {
    const { appId } = await publish(shape, { data: { on: 'stable' } })
    const { appId: other } = await publishApp(shape)
    await saveVersion(shape, appId, '1.0.0-rc', { on: 'staging' })
    const body = { configVersion: '1.0.0-rc', channel: 'staging' }
    expect((await manage(shape, 'POST', `/apps/${appId}/releases`, { body })).status).toBe(201)
    const { key } = await createKey(shape, { role: 'client', appIds: [appId], channel: 'staging' })
    const staging = await openWeb(shape.url, appId, {}, { ...quiet, headers: [['X-API-Key', key]] })
    await staging.ready
    expect(staging.client.getStringValue('on', '')).toBe('staging')
    await staging.close()
    for (const [refusedBy, headers] of [
      [appId, [['Authorization', 'Bearer nonsense']]],
      [other, [['X-API-Key', key]]],
    ] as [string, [string, string][]][]) {
      const refused = await openWeb(shape.url, refusedBy, {}, { ...quiet, headers })
      await expect(refused.ready).rejects.toMatchObject({ code: ErrorCode.PROVIDER_FATAL })
      expect(refused.client.providerStatus).toBe(ProviderStatus.FATAL)
      expect(refused.client.getStringValue('on', 'mine')).toBe('mine')
      await refused.close()
    }
  })

  it('waits as long as it is told when it asks too often, and goes on with what it has', async () => {
    const { appId } = await publish(shape, targeted)
    const { client, ready, calls, setContext, close } = await openWeb(
      shape.url,
      appId,
      { platform: 'ios' },
      quiet,
    )
    await ready
    // Its wait is over by itself where this process was away for a second.
    await eventually(async () => {
      for (let at = 0; at < 100 && calls.at(-1)?.status !== 429; at++) {
        await Promise.all(Array.from({ length: 60 }, () => evaluateOnce(shape, appId)))
        await setContext({ platform: 'ios', at })
      }
      expect(calls.at(-1)?.status).toBe(429)
      const asked = calls.length
      await setContext({ platform: 'android' })
      expect(calls).toHaveLength(asked)
      expect(client.getNumberValue('limit', 0)).toBe(10)
    })
    await sleep(1_100)
    await setContext({ platform: 'web' })
    expect(client.getNumberValue('limit', 0)).toBe(5)
    await close()
  })

  it('fails with what is wrong with a context, and an app that is not there', async () => {
    const { appId } = await publish(shape, targeted)
    for (const [asked, context] of [
      [appId, { bucket: 10_000 }],
      ['no-such-app', {}],
    ] as const) {
      const { client, ready, close } = await openWeb(shape.url, asked, context, quiet)
      await expect(ready).rejects.toThrow()
      expect(client.providerStatus).toBe(ProviderStatus.ERROR)
      expect(client.getNumberValue('limit', 3)).toBe(3)
      await close()
    }
  })
})
