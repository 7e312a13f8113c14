import { describe, expect, it } from 'vitest'
import { type Answer, ask } from './ask.ts'
import { fromMemory } from './cache-status.ts'
import { createApp, freshId, manage, publishApp, type Release, readConfig, saveVersion } from './operator.ts'
import { expectProblem, places } from './problem.ts'
import type { Shape } from './shapes.ts'
import { whenCalm } from './when-calm.ts'

const readBeta = (shape: Shape, path: string, headers: Record<string, string> = {}): Promise<Answer> =>
  ask(`${shape.url}/beta/api/config/${path}`, { headers })

const releaseOn = async (shape: Shape, appId: string, body: object): Promise<Release> => {
  const answer = await manage(shape, 'POST', `/apps/${appId}/releases`, { body })
  expect(answer.status, answer.text).toBe(201)
  return answer.json<Release>()
}

const fallback = (shape: () => Shape): void => {
  it('answers what is stable where an app has no beta release, and says so', async () => {
    const { appId, revision } = await publishApp(shape(), { on: 'stable' })
    const answer = await readBeta(shape(), appId)
    expect(answer.json()).toMatchObject({ channel: 'stable', revision, data: { on: 'stable' } })
    const again = await readBeta(shape(), appId)
    expect(again.headers['cache-status']).toEqual(fromMemory(shape()))
    expect((await readBeta(shape(), appId, { 'if-none-match': answer.headers.etag ?? '' })).status).toBe(304)
    await whenCalm(async () => {
      const [beta, stable] = [
        await readBeta(shape(), appId),
        await ask(`${shape().url}/v2/api/config/${appId}`),
      ]
      expect(beta.headers.etag).toBe(stable.headers.etag)
    })
  })

  it('answers the first beta release at once, also to who asked before it was there', async () => {
    const { appId } = await publishApp(shape(), { on: 'stable' })
    expect((await readBeta(shape(), appId)).json()).toMatchObject({ channel: 'stable' })
    await saveVersion(shape(), appId, '2.0.0-beta.1', { on: 'beta' })
    const { revision } = await releaseOn(shape(), appId, { configVersion: '2.0.0-beta.1', channel: 'beta' })
    expect((await readBeta(shape(), appId)).json()).toMatchObject({
      channel: 'beta',
      revision,
      configVersion: '2.0.0-beta.1',
      data: { on: 'beta' },
    })
    expect((await readConfig(shape(), appId)).json()).toMatchObject({ data: { on: 'stable' } })
  })

  it('answers a stable release to beta devices of an app without one, at once', async () => {
    const { appId } = await publishApp(shape(), { step: 1 })
    await readBeta(shape(), appId)
    await saveVersion(shape(), appId, '1.1.0', { step: 1, more: true })
    const { revision } = await releaseOn(shape(), appId, { configVersion: '1.1.0' })
    expect((await readBeta(shape(), appId)).json()).toMatchObject({ channel: 'stable', revision })
  })
}

const channelsApart = (shape: () => Shape): void => {
  it('keeps each channel at its own release', async () => {
    const { appId, revision } = await publishApp(shape(), { on: 'stable' })
    await saveVersion(shape(), appId, '2.0.0', { on: 'beta' })
    const beta = await releaseOn(shape(), appId, { configVersion: '2.0.0', channel: 'beta' })
    await saveVersion(shape(), appId, '3.0.0', { on: 'staging' })
    await releaseOn(shape(), appId, { configVersion: '3.0.0', channel: 'staging' })
    expect((await readBeta(shape(), appId)).json()).toMatchObject({ revision: beta.revision })
    const v2 = await ask(`${shape().url}/v2/api/config/${appId}`)
    expect(v2.json()).toMatchObject({ channel: 'stable', revision })
  })

  it('answers what was promoted from one channel to the next', async () => {
    const { appId } = await publishApp(shape(), { on: 'stable' })
    await saveVersion(shape(), appId, '2.0.0', { on: 'beta' })
    await releaseOn(shape(), appId, { configVersion: '2.0.0', channel: 'beta' })
    const promoted = await releaseOn(shape(), appId, { promoteFrom: 'beta' })
    expect(promoted).toMatchObject({ channel: 'stable', configVersion: '2.0.0' })
    expect((await readConfig(shape(), appId)).json()).toMatchObject({ data: { on: 'beta' } })
    expect((await readBeta(shape(), appId)).json()).toMatchObject({ channel: 'beta', configVersion: '2.0.0' })
  })

  it('gives a beta device the release its bucket has reached', async () => {
    const { appId } = await publishApp(shape(), { on: 'stable' })
    await saveVersion(shape(), appId, '2.0.0', { on: 'beta' })
    const before = await releaseOn(shape(), appId, { configVersion: '2.0.0', channel: 'beta' })
    await saveVersion(shape(), appId, '3.0.0', { on: 'candidate' })
    const rollout = { growth: 'linear', growthFactorPercent: 50, durationSeconds: 7200, bakeSeconds: 3600 }
    const made = await releaseOn(shape(), appId, { configVersion: '3.0.0', channel: 'beta', rollout })
    const revisions = await Promise.all(
      Array.from({ length: 20 }, async (_, n) => {
        const answer = await readBeta(shape(), `${appId}?bucket=${n * 500}`)
        return answer.json<{ revision: number; varies: string[] }>()
      }),
    )
    expect(new Set(revisions.map(({ revision }) => revision))).toEqual(
      new Set([before.revision, made.revision]),
    )
    expect(revisions.every(({ varies }) => varies[0] === 'bucket')).toBe(true)
    expect((await ask(`${shape().url}/v2/api/config/${appId}`)).json()).toMatchObject({ varies: [] })
  })
}

const absences = (shape: () => Shape): void => {
  it('answers an app by its beta release before it has a stable one', async () => {
    const { appId } = await createApp(shape())
    expectProblem(await readBeta(shape(), appId), 'config_not_released')
    await saveVersion(shape(), appId, '1.0.0-beta.1', { on: 'beta' })
    await releaseOn(shape(), appId, { configVersion: '1.0.0-beta.1', channel: 'beta' })
    expect((await readBeta(shape(), appId)).json()).toMatchObject({ channel: 'beta' })
    expectProblem(await readConfig(shape(), appId), 'config_not_released')
  })

  it('answers 410 for an archived app, with and without a beta release, and configs again once it is back', async () => {
    for (const channel of ['beta', undefined]) {
      const { appId } = await publishApp(shape())
      await saveVersion(shape(), appId, '2.0.0')
      if (channel) await releaseOn(shape(), appId, { configVersion: '2.0.0', channel })
      const before = await whenCalm(async () => {
        const before = await readBeta(shape(), appId)
        expect(before.json()).toMatchObject({ pollSeconds: 300 })
        return before
      })
      await manage(shape(), 'DELETE', `/apps/${appId}`)
      expectProblem(await readBeta(shape(), appId), 'config_gone')
      const back = await manage(shape(), 'PATCH', `/apps/${appId}`, { body: { archived: false } })
      expect(back.status).toBe(200)
      const { revision } = before.json<Release>()
      expect((await readBeta(shape(), appId)).json()).toMatchObject({ revision })
      await whenCalm(async () => expect((await readBeta(shape(), appId)).text).toBe(before.text))
    }
  })

  it('answers 400 and 404 as /v1 does', async () => {
    expectProblem(await readBeta(shape(), '-shop'), 'invalid_parameter')
    const { appId } = await publishApp(shape())
    const invalid = expectProblem(await readBeta(shape(), `${appId}?bucket=x`), 'invalid_parameter')
    expect(places(invalid)).toEqual(['invalid_parameter bucket'])
    expectProblem(await readBeta(shape(), freshId('unknown')), 'app_not_found')
  })
}

/** What is live on each channel, and `/beta`. */
export const channels = (shape: () => Shape): void => {
  describe('channels', () => {
    fallback(shape)
    channelsApart(shape)
    absences(shape)
  })
}
