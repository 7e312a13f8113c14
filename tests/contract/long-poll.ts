import { describe, expect, it } from 'vitest'
import { type Answer, ask } from './ask.ts'
import { createKey, manage, publishApp, type Release, release, saveVersion } from './operator.ts'
import { expectProblem, places } from './problem.ts'
import type { Shape } from './shapes.ts'
import { whenCalm } from './when-calm.ts'

const read = (
  shape: Shape,
  path: string,
  headers: Record<string, string> = {},
  version = 'v2',
): Promise<Answer> => ask(`${shape.url}/${version}/api/config/${path}`, { headers, fresh: true })

/** Asks, and tells whether there is an answer yet. */
const begin = (shape: Shape, path: string, headers: Record<string, string> = {}, version = 'v2') => {
  const state = { isAnswered: false }
  const answer = read(shape, path, headers, version).finally(() => {
    state.isAnswered = true
  })
  return { state, answer }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const publish = async (shape: Shape, appId: string, configVersion: string): Promise<Release> => {
  await saveVersion(shape, appId, configVersion, { on: true, is: configVersion })
  return release(shape, appId, configVersion)
}

const waits = (shape: () => Shape): void => {
  it('is answered with the next release, as a read of that moment, for no cache to keep', async () => {
    let { appId, revision } = await publishApp(shape())
    let minor = 0
    const { next, wasEarly, waited, now } = await whenCalm(async () => {
      const { state, answer } = begin(shape(), `${appId}?wait=60&revision=${revision}`)
      await pause(300)
      const wasEarly = state.isAnswered
      const next = `1.${++minor}.0`
      revision = (await publish(shape(), appId, next)).revision
      const [waited, now] = [await answer, await read(shape(), appId)]
      const calm = { pollSeconds: 300 }
      expect([waited.json(), now.json()]).toMatchObject([calm, calm])
      return { next, wasEarly, waited, now }
    })
    expect(wasEarly).toBe(false)
    expect(waited.json()).toMatchObject({ revision, data: { is: next } })
    expect(waited.text).toBe(now.text)
    expect(waited.headers.etag).toBe(now.headers.etag)
    expect(waited.headers['cache-control']).toBe('private, no-store')
    expect(now.headers['cache-control']).toMatch(/^public/)
  })

  it('is answered at once to who has another revision, an older one or one that was taken back', async () => {
    const { appId, revision: first } = await publishApp(shape())
    const { revision } = await publish(shape(), appId, '1.1.0')
    expect((await read(shape(), `${appId}?wait=60&revision=${first}`)).json()).toMatchObject({ revision })
    const body = { rollbackTo: first }
    const back = await manage(shape(), 'POST', `/apps/${appId}/releases`, { body })
    expect(back.status, back.text).toBe(201)
    expect((await read(shape(), `${appId}?wait=60&revision=${revision}`)).json()).toMatchObject({
      ...{ revision: back.json<Release>().revision, configVersion: '1.0.0' },
    })
  })

  it('is answered with the same when it has waited long enough; with 304 to its tag', async () => {
    const { appId, revision } = await publishApp(shape())
    const { etag = '' } = (await read(shape(), appId)).headers
    const path = `${appId}?wait=1&revision=${revision}`
    const [whole, unchanged] = await Promise.all([
      read(shape(), path),
      read(shape(), path, { 'if-none-match': etag }),
    ])
    expect(whole.json()).toMatchObject({ revision })
    expect([unchanged.status, unchanged.text]).toEqual([304, ''])
    expect(unchanged.headers).toMatchObject({ etag, 'cache-control': 'private, no-store' })
  })

  it('waits on /beta and with a key for what they get', async () => {
    const { appId, revision } = await publishApp(shape())
    const { key } = await createKey(shape(), { role: 'client', appIds: [appId], channel: 'beta' })
    const path = `${appId}?wait=60&revision=${revision}`
    const asked = [
      begin(shape(), path, {}, 'beta'),
      begin(shape(), path, { 'x-api-key': key }),
      begin(shape(), path),
    ]
    await pause(300)
    const body = { configVersion: '1.0.0', channel: 'beta' }
    expect((await manage(shape(), 'POST', `/apps/${appId}/releases`, { body })).status).toBe(201)
    for (const { answer } of asked.slice(0, 2)) {
      expect((await answer).json()).toMatchObject({ channel: 'beta' })
    }
    expect(asked[2]?.state.isAnswered).toBe(false)
    await publish(shape(), appId, '1.1.0')
    await asked[2]?.answer
  })

  it('waits for what changes for its device: not while a rollout has not reached it', async () => {
    const { appId, revision } = await publishApp(shape())
    await saveVersion(shape(), appId, '2.0.0')
    const buckets = Array.from({ length: 16 }, (_, n) => n * 600)
    const asked = buckets.map((bucket) =>
      begin(shape(), `${appId}?wait=60&revision=${revision}&bucket=${bucket}`),
    )
    await pause(300)
    const rollout = { growth: 'linear', growthFactorPercent: 50, durationSeconds: 7200, bakeSeconds: 3600 }
    const started = await manage(shape(), 'POST', `/apps/${appId}/releases`, {
      body: { configVersion: '2.0.0', rollout },
    })
    expect(started.status, started.text).toBe(201)
    const made = started.json<Release>()
    const reached = await Promise.all(
      buckets.map(
        async (bucket) =>
          (await read(shape(), `${appId}?bucket=${bucket}`)).json().revision === made.revision,
      ),
    )
    expect(new Set(reached)).toEqual(new Set([true, false]))
    const inside = asked.filter((_, place) => reached[place])
    for (const { answer } of inside) expect((await answer).json()).toMatchObject({ revision: made.revision })
    const outside = asked.filter((_, place) => !reached[place])
    expect(outside.map(({ state }) => state.isAnswered)).toEqual(outside.map(() => false))
    const path = `/rollouts/${made.rolloutId}/promote`
    const promoted = await manage(shape(), 'POST', path, { body: { reason: 'A test' } })
    expect(promoted.status, promoted.text).toBe(200)
    for (const { answer } of outside) expect((await answer).json()).toMatchObject({ configVersion: '2.0.0' })
  })

  it('is over for an archived app', async () => {
    const { appId, revision } = await publishApp(shape())
    const { answer } = begin(shape(), `${appId}?wait=60&revision=${revision}`)
    await pause(300)
    await manage(shape(), 'DELETE', `/apps/${appId}`)
    const gone = await answer
    expectProblem(gone, 'config_gone')
    expect(gone.headers['cache-control']).toBe('no-store')
  })
}

const refuses = (shape: () => Shape): void => {
  it.each(['wait=0&revision=1', 'wait=61&revision=1', 'wait=x&revision=1', 'wait=1&wait=2&revision=1'])(
    'answers 400 to %s',
    async (query) => {
      const { appId } = await publishApp(shape())
      const answer = await read(shape(), `${appId}?${query}`)
      expect(places(expectProblem(answer, 'invalid_parameter'))).toEqual(['invalid_parameter wait'])
      expect(answer.headers['access-control-allow-origin']).toBe('*')
    },
  )

  it('answers 400 without a revision, and to a bucket that is none, without waiting', async () => {
    const { appId, revision } = await publishApp(shape())
    for (const [query, place] of [
      ['wait=60', 'revision'],
      ['wait=60&revision=0', 'revision'],
      [`wait=60&revision=${revision}&bucket=x`, 'bucket'],
    ]) {
      const answer = await read(shape(), `${appId}?${query}`)
      expect(places(expectProblem(answer, 'invalid_parameter'))).toEqual([`invalid_parameter ${place}`])
    }
  })

  it('answers 401 and 403 as a read does, also to a key that is revoked while it waits', async () => {
    const { appId, revision } = await publishApp(shape())
    const path = `${appId}?wait=2&revision=${revision}`
    expectProblem(await read(shape(), path, { 'x-api-key': 'letmein' }), 'unauthorized')
    const { key, keyId } = await createKey(shape(), { role: 'client', appIds: [appId], channel: 'stable' })
    const { appId: other } = await publishApp(shape())
    const elsewhere = await read(shape(), `${other}?wait=2&revision=1`, { 'x-api-key': key })
    expectProblem(elsewhere, 'forbidden')
    const { answer } = begin(shape(), path, { 'x-api-key': key })
    await pause(300)
    expect((await manage(shape(), 'DELETE', `/keys/${keyId}`)).status).toBe(200)
    expectProblem(await answer, 'unauthorized')
  })
}

/** `?wait=30&revision=N`: for clients that cannot listen to a stream. */
export const longPoll = (shape: () => Shape): void => {
  describe('a read that waits', () => {
    waits(shape)
    refuses(shape)
  })
}
