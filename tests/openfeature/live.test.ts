import { once } from 'node:events'
import { ProviderEvents } from '@openfeature/web-sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createKey, manage, type Release, saveVersion } from '../contract/operator.ts'
import { type Shape, startShape } from '../contract/shapes.ts'
import { publish } from '../contract/targeting.ts'
import { openWeb } from './open-clients.ts'

const isIos = { '==': [{ var: 'platform' }, 'ios'] }

let shape: Shape
beforeAll(async () => {
  shape = await startShape({ runtime: 'node' })
})
afterAll(() => shape.stop())

type Web = Awaited<ReturnType<typeof openWeb>>

/** The next keys of which the provider says that they have changed. */
const nextChange = async ({ client }: Web): Promise<string[]> => {
  const { promise, resolve } = Promise.withResolvers<string[]>()
  const handler = (event?: { flagsChanged?: string[] }) => resolve(event?.flagsChanged ?? [])
  client.addHandler(ProviderEvents.ConfigurationChanged, handler)
  const keys = await promise
  client.removeHandler(ProviderEvents.ConfigurationChanged, handler)
  return keys
}

describe('the web SDK of OpenFeature on a stream', () => {
  it('gets a release as soon as it is live, never an older one, and asks for it once', async () => {
    const { appId } = await publish(shape, { data: { step: 0, same: true } })
    const web = await openWeb(shape.url, appId, { targetingKey: 'a' })
    await web.ready
    for (const step of [1, 2, 3]) {
      const changed = nextChange(web)
      await publish(shape, { data: { step, same: true } }, { appId, configVersion: `1.0.${step}` })
      expect(await changed).toEqual(['step'])
      expect(web.client.getNumberValue('step', -1)).toBe(step)
      const last = web.calls.at(-1)
      expect(last).toMatchObject({ status: 200, ifNoneMatch: expect.stringContaining('W/"') })
      expect(last?.query).toMatch(/^\?flagConfigEtag=\d+/)
    }
    expect(web.calls).toHaveLength(4)
    await web.close()
  })
})
