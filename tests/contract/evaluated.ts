import { describe, expect, it } from 'vitest'
import { type Answer, ask } from './ask.ts'
import { fromMemory } from './cache-status.ts'
import {
  createApp,
  freshId,
  largeData,
  manage,
  publishApp,
  type Release,
  readConfig,
  release,
  saveVersion,
} from './operator.ts'
import { expectProblem, places } from './problem.ts'
import type { Shape } from './shapes.ts'
import { whenCalm } from './when-calm.ts'

interface Evaluated {
  appId: string
  channel: string
  revision: number
  configVersion: string
  varies: string[]
  data: Record<string, unknown>
}

/** Reads `/v2/api/config/{appId}`; `path` may go on behind the appId. */
const read = (
  shape: Shape,
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<Answer> => ask(`${shape.url}/v2/api/config/${path}`, { method, headers })

const answers = (shape: () => Shape): void => {
  it('answers what is live in the order of fields of the contract', async () => {
    const { appId } = await createApp(shape())
    const body = {
      configVersion: '1.4.0',
      minimumAppVersion: '2.0.0',
      recommendedAppVersion: '2.1.0',
      deprecationDate: '2027-06-30',
      data: { hi: 'Grüße', on: true },
    }
    expect((await manage(shape(), 'POST', `/apps/${appId}/configs`, { body })).status).toBe(201)
    const { revision, releasedAt } = await release(shape(), appId, '1.4.0')
    await whenCalm(async () => {
      const answer = await read(shape(), appId)
      expect(answer.status).toBe(200)
      expect(answer.text).toBe(
        `{"appId":"${appId}","channel":"stable","revision":${revision},"configVersion":"1.4.0","minimumAppVersion":"2.0.0",` +
          `"recommendedAppVersion":"2.1.0","deprecationDate":"2027-06-30","update":"none","publishedAt":"${releasedAt}",` +
          '"pollSeconds":300,"varies":["appVersion"],"overrides":[],"data":{"hi":"Grüße","on":true}}',
      )
    })
  })

  it('answers null for what the version does not say', async () => {
    const { appId } = await publishApp(shape(), {})
    expect((await read(shape(), appId)).json()).toMatchObject({
      minimumAppVersion: null,
      recommendedAppVersion: null,
      deprecationDate: null,
      data: {},
    })
  })

  it('answers with every caching header, the second time from memory', async () => {
    const { appId, releasedAt } = await publishApp(shape())
    await read(shape(), appId)
    const answer = await read(shape(), appId)
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'content-length': String(answer.body.byteLength),
      'cache-control': 'public, max-age=300, stale-while-revalidate=60, stale-if-error=86400',
      'last-modified': new Date(releasedAt).toUTCString(),
      vary: 'Accept-Encoding',
      'no-vary-search': 'key-order, params, except=("keys" "revision" "wait")',
      'cache-tag': `app-${appId}`,
      'surrogate-key': `app-${appId}`,
      'access-control-allow-origin': '*',
      'cache-status': fromMemory(shape()),
    })
  })

  it('answers a new release at once, also to who asked before', async () => {
    const { appId } = await publishApp(shape(), { step: 1 })
    expect((await read(shape(), appId)).json()).toMatchObject({ data: { step: 1 } })
    await saveVersion(shape(), appId, '1.1.0', { step: 1, more: true })
    const { revision } = await release(shape(), appId, '1.1.0')
    expect((await read(shape(), appId)).json()).toMatchObject({ revision, data: { step: 1, more: true } })
  })

  it('is compressed as the client asks', async () => {
    const { appId } = await publishApp(shape(), largeData)
    const plain = await read(shape(), appId)
    const packed = await read(shape(), appId, { 'accept-encoding': 'gzip' })
    expect(packed.headers['content-encoding']).toBe('gzip')
    expect(packed.body.byteLength).toBeLessThan(plain.body.byteLength)
    expect(packed.headers.etag).not.toBe(plain.headers.etag)
  })

  it('answers HEAD with the headers of GET and no body', async () => {
    const { appId } = await publishApp(shape())
    await whenCalm(async () => {
      const get = await read(shape(), appId)
      const head = await read(shape(), appId, {}, 'HEAD')
      expect(head.status).toBe(200)
      expect(head.body.byteLength).toBe(0)
      for (const name of ['etag', 'content-length', 'cache-control', 'last-modified'] as const) {
        expect(head.headers[name]).toBe(get.headers[name])
      }
    })
  })
}

const conditions = (shape: () => Shape): void => {
  it('answers 304 to its own tag, and not to that of /v1', async () => {
    const { appId } = await publishApp(shape())
    const tag = (await read(shape(), appId)).headers.etag ?? ''
    const plainTag = (await readConfig(shape(), appId)).headers.etag ?? ''
    expect(tag).toMatch(/^"[\x21\x23-\x7e]+"$/)
    expect(tag).not.toBe(plainTag)
    for (const method of ['GET', 'HEAD']) {
      const same = await read(shape(), appId, { 'if-none-match': `"other", ${tag}` }, method)
      expect(same.status).toBe(304)
      expect(same.headers.etag).toBe(tag)
    }
    expect((await read(shape(), appId, { 'if-none-match': plainTag })).status).toBe(200)
    expect((await readConfig(shape(), appId, { 'if-none-match': tag })).status).toBe(200)
  })

  it('takes no date for an answer: what a device gets may become an earlier release', async () => {
    const { appId, releasedAt } = await publishApp(shape())
    const later = new Date(Date.parse(releasedAt) + 3_600_000).toUTCString()
    expect((await read(shape(), appId, { 'if-modified-since': later })).status).toBe(200)
  })
}

const parameters = (shape: () => Shape): void => {
  it('answers the same whatever else the query says', async () => {
    const { appId } = await publishApp(shape())
    await whenCalm(async () => {
      const plain = await read(shape(), appId)
      for (const query of ['bucket=0', 'bucket=9999', 'bucket=%31', 'platform=ios&revise=x&%F0', '', '&&=']) {
        const answer = await read(shape(), `${appId}?${query}`)
        expect(answer.status, query).toBe(200)
        expect(answer.headers.etag).toBe(plain.headers.etag)
        expect(answer.text).toBe(plain.text)
      }
    })
  })

  it.each(['', '-1', '10000', '1.5', '007', '1e3', 'a', '%20', '1&bucket=2', '٣'])(
    'answers 400 to bucket=%s',
    async (value) => {
      const { appId } = await publishApp(shape())
      const answer = await read(shape(), `${appId}?bucket=${encodeURI(value)}`)
      expect(places(expectProblem(answer, 'invalid_parameter'))).toEqual(['invalid_parameter bucket'])
      expect(answer.headers['access-control-allow-origin']).toBe('*')
    },
  )
}

const absences = (shape: () => Shape): void => {
  it('answers 400, 404, 405 and 410 as /v1 does', async () => {
    const { appId: unreleased } = await createApp(shape())
    const { appId: archived } = await publishApp(shape())
    await manage(shape(), 'DELETE', `/apps/${archived}`)
    expectProblem(await read(shape(), '-shop'), 'invalid_parameter')
    expectProblem(await read(shape(), freshId('unknown')), 'app_not_found')
    expectProblem(await read(shape(), unreleased), 'config_not_released')
    expectProblem(await read(shape(), archived), 'config_gone')
    expectProblem(await read(shape(), archived, {}, 'POST'), 'method_not_allowed')
    expectProblem(await read(shape(), `${archived}/more`), 'route_not_found')
    expect((await read(shape(), archived, {}, 'OPTIONS')).headers.allow).toBe('GET, HEAD, OPTIONS')
  })
}

/** Begins to bring 2.0.0 to half of the devices of an app that has 1.0.0. */
const beginRollout = async (shape: Shape) => {
  const before = await publishApp(shape, { old: true })
  const { appId } = before
  const plain = await read(shape, appId)
  await saveVersion(shape, appId, '2.0.0', { new: true })
  const rollout = { growth: 'linear', growthFactorPercent: 50, durationSeconds: 7200, bakeSeconds: 3600 }
  const body = { configVersion: '2.0.0', rollout }
  const started = await manage(shape, 'POST', `/apps/${appId}/releases`, { body })
  expect(started.status, started.text).toBe(201)
  return { appId, before, plain, made: started.json<Release & { rolloutId: number }>() }
}

const buckets = Array.from({ length: 40 }, (_, n) => n * 250)

const rollouts = (shape: () => Shape): void => {
  it('gives each device the release its bucket has reached, the same for as long as the rollout stands', async () => {
    const { appId, before, made } = await beginRollout(shape())
    const readAll = async (): Promise<number[]> =>
      Promise.all(
        buckets.map(
          async (bucket) => (await read(shape(), `${appId}?bucket=${bucket}`)).json<Evaluated>().revision,
        ),
      )
    const first = await readAll()
    expect(new Set(first)).toEqual(new Set([before.revision, made.revision]))
    expect(await readAll()).toEqual(first)
    const inside = buckets[first.indexOf(made.revision)]
    expect((await read(shape(), `${appId}?bucket=${inside}`)).json()).toMatchObject({
      channel: 'stable',
      configVersion: '2.0.0',
      publishedAt: made.releasedAt,
      varies: ['bucket'],
      data: { new: true },
    })
  })

  it('keeps devices without a bucket, and those of /v1, at the release before', async () => {
    const { appId, before, plain } = await beginRollout(shape())
    const answer = await read(shape(), appId)
    expect(answer.json()).toMatchObject({
      revision: before.revision,
      varies: ['bucket'],
      data: { old: true },
    })
    expect(answer.headers['no-vary-search']).toBe(
      'key-order, params, except=("keys" "revision" "wait" "bucket")',
    )
    // The body is another one, so the tag must be.
    expect(answer.headers.etag).not.toBe(plain.headers.etag)
    expect((await readConfig(shape(), appId)).json()).toMatchObject({ configVersion: '1.0.0' })
  })

  it('gives everybody one release again when the rollout is promoted or aborted', async () => {
    for (const [action, version] of [
      ['promote', '2.0.0'],
      ['abort', '1.0.0'],
    ] as const) {
      const { appId, made, plain } = await beginRollout(shape())
      const inside = await read(shape(), `${appId}?bucket=${buckets[0]}`)
      const path = `/rollouts/${made.rolloutId}/${action}`
      const ended = await manage(shape(), 'POST', path, { body: { reason: 'A test' } })
      expect(ended.status, ended.text).toBe(200)
      for (const query of ['', '?bucket=0', '?bucket=9750']) {
        const answer = await read(shape(), `${appId}${query}`)
        expect(answer.json()).toMatchObject({ configVersion: version, varies: [] })
        expect(answer.headers['no-vary-search']).toBe('key-order, params, except=("keys" "revision" "wait")')
      }
      const tag = inside.headers.etag ?? ''
      expect((await read(shape(), appId, { 'if-none-match': tag })).status).toBe(200)
      if (action === 'abort') {
        expect((await read(shape(), appId, { 'if-none-match': plain.headers.etag ?? '' })).status).toBe(200)
      }
    }
  })
}

/** `/v2`: what fits the device that asks. */
export const evaluated = (shape: () => Shape): void => {
  describe('evaluated delivery', () => {
    answers(shape)
    conditions(shape)
    parameters(shape)
    absences(shape)
    rollouts(shape)
  })
}
