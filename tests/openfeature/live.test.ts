import { setTimeout as sleep } from 'node:timers/promises'
import { ProviderEvents } from '@openfeature/web-sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { publish } from '../contract/evaluated-calls.ts'
import { createKey, manage, saveVersion } from '../contract/operator.ts'
import { type Recipe, type Shape, startShape } from '../contract/shapes.ts'
import { openWeb } from './open-clients.ts'

type Web = Awaited<ReturnType<typeof openWeb>>

/** The keys that the provider next says have changed. */
const nextChange = ({ client }: Web): Promise<string[]> =>
  new Promise((resolve) => {
    const handler = (event?: Record<string, unknown>): void => {
      client.removeHandler(ProviderEvents.ConfigurationChanged, handler)
      resolve((event?.flagsChanged ?? []) as string[])
    }
    client.addHandler(ProviderEvents.ConfigurationChanged, handler)
  })

const untilAsked = async ({ calls }: Web, times: number): Promise<void> => {
  while (calls.length < times) await sleep(20)
}

const recipes: [string, Recipe][] = [
  ['one process', { runtime: 'node' }],
  ['three processes on real stores', { runtime: 'node', database: true, redis: true, apart: true }],
]

describe.each(recipes)('the web SDK of OpenFeature on a stream of %s', (_, recipe) => {
  let shape: Shape
  beforeAll(async () => {
    shape = await startShape(recipe)
  })
  afterAll(() => shape.stop())

  it('gets each release as soon as it is live, asks once for it, and is told what changed', async () => {
    const { appId } = await publish(shape, { data: { step: 0, same: true } })
    const web = await openWeb(shape.url, appId, { targetingKey: 'a' })
    await web.ready
    for (const step of [1, 2, 3]) {
      const changed = nextChange(web)
      await publish(shape, { data: { step, same: true } }, { appId, configVersion: `1.0.${step}` })
      expect(await changed).toEqual(['step'])
      expect(web.client.getNumberValue('step', -1)).toBe(step)
      expect(web.calls.at(-1)).toMatchObject({
        ...{ status: 200, ifNoneMatch: expect.stringContaining('W/"') },
        query: expect.stringMatching(/^\?flagConfigEtag=\d+/),
      })
    }
    expect(web.calls).toHaveLength(4)
    await web.close()
  })

  it('is told that nothing changed where a release does so for other devices alone, and 304 where no flag did', async () => {
    const isIos = { '==': [{ var: 'platform' }, 'ios'] }
    const document = (limit: number) => ({
      data: { limit: 1 },
      overrides: [{ name: 'ios', when: isIos, data: { limit } }],
    })
    const { appId } = await publish(shape, document(2))
    const [ios, web] = [
      await openWeb(shape.url, appId, { platform: 'ios' }),
      await openWeb(shape.url, appId, {}),
    ]
    await Promise.all([ios.ready, web.ready])
    const changed = Promise.all([nextChange(ios), nextChange(web)])
    await publish(shape, document(3), { appId, configVersion: '1.0.1' })
    expect(await changed).toEqual([['limit'], []])
    await manage(shape, 'PATCH', `/apps/${appId}`, { body: { pollSeconds: 60 } })
    await Promise.all([untilAsked(ios, 3), untilAsked(web, 3)])
    expect([ios.calls[2]?.status, web.calls[2]?.status]).toEqual([304, 304])
    await Promise.all([ios.close(), web.close()])
  })

  it('listens to the channel of its key', async () => {
    const { appId } = await publish(shape, { data: { step: 0 } })
    const stage = async (configVersion: string, step: number): Promise<void> => {
      await saveVersion(shape, appId, configVersion, { step })
      const body = { configVersion, channel: 'staging' }
      expect((await manage(shape, 'POST', `/apps/${appId}/releases`, { body })).status).toBe(201)
    }
    await stage('2.0.0-rc.1', 1)
    const { key } = await createKey(shape, { role: 'client', appIds: [appId], channel: 'staging' })
    const web = await openWeb(shape.url, appId, {}, { headers: [['X-API-Key', key]] })
    await web.ready
    const changed = nextChange(web)
    await stage('2.0.0-rc.2', 2)
    expect(await changed).toEqual(['step'])
    expect(web.client.getNumberValue('step', 0)).toBe(2)
    await web.close()
  })

  it('misses no release that comes before its stream is open', async () => {
    const { appId } = await publish(shape, { data: { step: 0 } })
    for (const step of [1, 2, 3]) {
      const web = await openWeb(shape.url, appId, {})
      const published = publish(shape, { data: { step } }, { appId, configVersion: `1.0.${step}` })
      await web.ready
      await published
      while (web.client.getNumberValue('step', -1) !== step) await sleep(20)
      await web.close()
    }
  })
})
