import { ErrorCode } from '@openfeature/server-sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bucketOf } from '../../contract/bucket-of.ts'
import { publish } from '../contract/evaluated-calls.ts'
import { createKey, manage, publishApp, saveVersion } from '../contract/operator.ts'
import { type Shape, startShape } from '../contract/shapes.ts'
import { eventually } from '../eventually.ts'
import { startProgram } from '../program.ts'
import { readyDataDir } from '../stores/embedded-cluster.ts'
import { openServer } from './open-clients.ts'

const isIos = { '==': [{ var: 'platform' }, 'ios'] }
const targeted = {
  data: { on: true, title: 'Hi', limit: 5, theme: { dark: false }, taken: 'yes', 'with / and %': 1 },
  overrides: [
    { name: 'ios', when: isIos, data: { limit: 10, taken: null } },
    { name: 'trial', rollout: 50, data: { title: 'Trial' } },
  ],
  flags: {
    disabled: { state: 'DISABLED', variants: { on: true, off: false }, defaultVariant: 'off' },
    search: {
      state: 'ENABLED',
      variants: { on: true, off: false },
      defaultVariant: 'off',
      targeting: { if: [isIos, 'on'] },
    },
  },
}

let shape: Shape
beforeAll(async () => {
  shape = await startShape({ runtime: 'node' })
})
afterAll(() => shape.stop())

describe('the server SDK of OpenFeature on its OFREP provider', () => {
  it('gets typed values for the context of each evaluation', async () => {
    const { appId, revision } = await publish(shape, targeted)
    const client = await openServer(shape.url, appId)
    const ios = { targetingKey: 'a', platform: 'iOS' }
    expect(await client.getBooleanValue('on', false)).toBe(true)
    expect(await client.getObjectValue('theme', {})).toEqual({ dark: false })
    expect(await client.getNumberValue('limit', 0, ios)).toBe(10)
    expect(await client.getNumberValue('limit', 0, { platform: 'android' })).toBe(5)
    expect(await client.getNumberValue('with / and %', 0)).toBe(1)
    expect(await client.getBooleanDetails('search', false, ios)).toMatchObject({
      ...{ value: true, variant: 'on', reason: 'TARGETING_MATCH' },
      flagMetadata: { appId, channel: 'stable', revision, configVersion: '1.0.0' },
    })
  })

  it('divides users by their targeting key as a device with the bucket of its hash', async () => {
    const { appId } = await publish(shape, targeted)
    const client = await openServer(shape.url, appId)
    const users = Array.from({ length: 8 }, (_, at) => `user-${at}`)
    const titles = await Promise.all(
      users.map((targetingKey) => client.getStringDetails('title', '', { targetingKey })),
    )
    const byBucket = await Promise.all(
      users.map((user) => client.getStringValue('title', '', { bucket: bucketOf(user) })),
    )
    expect(titles.map(({ value }) => value)).toEqual(byBucket)
    expect(new Set(byBucket)).toEqual(new Set(['Hi', 'Trial']))
    for (const { value, reason } of titles)
      expect(reason).toBe(value === 'Trial' ? 'SPLIT' : 'TARGETING_MATCH')
  })

  it('takes the default of the code, and tells why', async () => {
    const { appId } = await publish(shape, targeted)
    const { appId: other } = await publishApp(shape)
    const { key } = await createKey(shape, { role: 'client', appIds: [other], channel: 'stable' })
    const client = await openServer(shape.url, appId)
    expect(await client.getBooleanDetails('unknown', true)).toMatchObject({
      value: true,
      errorCode: ErrorCode.FLAG_NOT_FOUND,
    })
    expect(await client.getNumberDetails('limit', 3, { bucket: -1 })).toMatchObject({
      value: 3,
      errorCode: ErrorCode.INVALID_CONTEXT,
    })
    expect(await client.getStringDetails('on', 'x')).toMatchObject({
      value: 'x',
      errorCode: ErrorCode.TYPE_MISMATCH,
    })
    // This provider knows no answer without a value, and calls it an error.
    const odd = { reason: 'ERROR', errorCode: ErrorCode.GENERAL }
    expect(await client.getStringDetails('taken', 'x', { platform: 'ios' })).toMatchObject({
      value: 'x',
      ...odd,
    })
    expect(await client.getBooleanDetails('disabled', true)).toMatchObject({ value: true, ...odd })
    for (const headers of [[['Authorization', 'Bearer nonsense']], [['X-API-Key', key]]] as [
      string,
      string,
    ][][]) {
      const refused = await openServer(shape.url, appId, headers)
      expect(await refused.getBooleanDetails('on', false)).toMatchObject({ value: false, reason: 'ERROR' })
    }
  })

  it('reads the channel of its key', async () => {
    const { appId } = await publish(shape, targeted)
    await saveVersion(shape, appId, '2.0.0-rc', { title: 'Staging' })
    const body = { configVersion: '2.0.0-rc', channel: 'staging' }
    expect((await manage(shape, 'POST', `/apps/${appId}/releases`, { body })).status).toBe(201)
    const { key } = await createKey(shape, { role: 'client', appIds: [appId], channel: 'staging' })
    const client = await openServer(shape.url, appId, [['X-API-Key', key]])
    expect(await client.getStringValue('title', '')).toBe('Staging')
  })

  it('waits when it asks too often', async () => {
    const { appId } = await publish(shape, targeted)
    const client = await openServer(shape.url, appId)
    // Its wait is over by itself where this process was away for a second.
    await eventually(async () => {
      const all = await Promise.all(Array.from({ length: 300 }, () => client.getNumberDetails('limit', 0)))
      const refused = all.filter(({ value }) => value === 0)
      expect(refused.length).toBeGreaterThan(0)
      expect(refused.length).toBeLessThan(300)
      expect(await client.getNumberDetails('limit', 0)).toMatchObject({
        ...{ value: 0, reason: 'ERROR', errorMessage: expect.stringContaining('TooManyRequests') },
      })
    })
  })

  it('takes the default of the code when the server is gone', async () => {
    const program = await startProgram({ dataDir: await readyDataDir() })
    const { appId } = await publish({ ...shape, url: program.url, token: program.token }, targeted)
    const client = await openServer(program.url, appId)
    expect(await client.getNumberValue('limit', 0)).toBe(5)
    await program.kill()
    expect(await client.getNumberDetails('limit', 3)).toMatchObject({ value: 3, reason: 'ERROR' })
  })
})
