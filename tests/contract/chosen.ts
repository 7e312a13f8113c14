import { describe, expect, it } from 'vitest'
import { evaluate, publish, read } from './evaluated-calls.ts'
import { manage, publishApp, type Release } from './operator.ts'
import { expectProblem, places } from './problem.ts'
import type { Shape } from './shapes.ts'
import { whenCalm } from './when-calm.ts'

const parts = (shape: () => Shape): void => {
  it('answers only the keys that are asked for', async () => {
    const { appId } = await publishApp(shape(), { a: { b: { c: 1 }, d: 2 }, e: 3, 'x.y': 4 })
    const data = async (keys: string) => (await evaluate(shape(), `${appId}?keys=${keys}`)).data
    expect(await data('e')).toEqual({ e: 3 })
    expect(await data('a.b.c,x.y')).toEqual({ a: { b: { c: 1 } }, 'x.y': 4 })
    expect(await data('nothing,a.nothing')).toEqual({})
    const tags = await Promise.all(
      ['', '?keys=e', '?keys=a'].map(async (query) => (await read(shape(), appId + query)).headers.etag),
    )
    expect(new Set(tags).size).toBe(3)
  })

  it.each(['', 'a,,b', 'a&keys=b'])('answers 400 to keys=%s', async (keys) => {
    const { appId } = await publishApp(shape())
    const answer = await read(shape(), `${appId}?keys=${keys}`)
    expect(places(expectProblem(answer, 'invalid_parameter'))).toEqual(['invalid_parameter keys'])
  })
}

const yearLong = 'public, max-age=31536000, immutable'

const revisions = (shape: () => Shape): void => {
  it('lets an answer of just the revision that is named be kept for a year', async () => {
    const { appId, revision } = await publishApp(shape(), { step: 1 })
    await whenCalm(async () => {
      const exact = await read(shape(), `${appId}?revision=${revision}`)
      expect(exact.json()).toMatchObject({ revision, data: { step: 1 } })
      expect(exact.headers['cache-control']).toBe(yearLong)
      const { headers } = await read(shape(), appId)
      expect(headers.etag).toBe(exact.headers.etag)
      expect(headers['cache-control']).toBe(
        'public, max-age=300, stale-while-revalidate=60, stale-if-error=86400',
      )
      const tag = { 'if-none-match': headers.etag ?? '' }
      const same = await read(shape(), `${appId}?revision=${revision}`, tag)
      expect(same.status).toBe(304)
      expect(same.headers['cache-control']).toBe(yearLong)
    })
  })

  it('lets nobody keep an answer for a year in which a flag asked what time it is', async () => {
    const late = {
      state: 'ENABLED',
      variants: { on: true, off: false },
      targeting: { if: [{ '>': [{ var: '$flagd.timestamp' }, 4_000_000_000] }, 'on', 'off'] },
    }
    const { appId, revision } = await publish(shape(), { data: {}, flags: { late } })
    const exact = await read(shape(), `${appId}?revision=${revision}`)
    expect(exact.json()).toMatchObject({ revision, flags: { late: { value: false } } })
    expect(exact.headers['cache-control']).toContain('max-age=300')
  })

  it('answers a revision that was live as it was, and what is live to a number that never was one', async () => {
    const first = await publish(shape(), { data: { step: 1 } })
    const { appId } = first
    const second = await publish(shape(), { data: { step: 2 } }, { appId, configVersion: '1.0.1' })
    await whenCalm(async () => {
      const past = await read(shape(), `${appId}?revision=${first.revision}`)
      expect(past.json()).toMatchObject({ revision: first.revision, data: { step: 1 } })
      expect(past.headers['cache-control']).toBe(yearLong)
    })
    const never = await read(shape(), `${appId}?revision=1`)
    expect(never.json()).toMatchObject({ revision: second.revision, data: { step: 2 } })
    expect(never.headers['cache-control']).toContain('max-age=300')
  })

  it('answers 503 to a revision that is nowhere yet, and not what is older', async () => {
    const { appId, revision } = await publishApp(shape())
    const answer = await read(shape(), `${appId}?revision=${revision + 1_000_000}`)
    expectProblem(answer, 'revision_not_here')
    expect(answer.headers['retry-after']).toBe('1')
    expect(answer.headers['cache-control']).toBe('no-store')
  })

  it('does not give the candidate of a rollout to a device outside for the asking', async () => {
    const before = await publish(shape(), { data: { step: 1 } })
    const { appId } = before
    const body = { configVersion: '2.0.0', data: { step: 2 } }
    expect((await manage(shape(), 'POST', `/apps/${appId}/configs`, { body })).status).toBe(201)
    const rollout = { growth: 'linear', growthFactorPercent: 1, durationSeconds: 7200, bakeSeconds: 3600 }
    const started = await manage(shape(), 'POST', `/apps/${appId}/releases`, {
      body: { configVersion: '2.0.0', rollout },
    })
    const { revision } = started.json<Release>()
    const answer = await read(shape(), `${appId}?revision=${revision}`)
    expect(answer.json()).toMatchObject({ revision: before.revision, data: { step: 1 } })
    expect(answer.headers['cache-control']).toContain('max-age=300')
  })

  it.each(['', 'x', '0', '-1', '1.5', '1&revision=1'])('answers 400 to revision=%s', async (revision) => {
    const { appId } = await publishApp(shape())
    const answer = await read(shape(), `${appId}?revision=${revision}`)
    expect(places(expectProblem(answer, 'invalid_parameter'))).toEqual(['invalid_parameter revision'])
  })

  it('answers 400, 404 and 410 as without a revision', async () => {
    const { appId: archived } = await publishApp(shape())
    await manage(shape(), 'DELETE', `/apps/${archived}`)
    expectProblem(await read(shape(), '-shop?revision=1'), 'invalid_parameter')
    expectProblem(await read(shape(), 'no-such-app?revision=1'), 'app_not_found')
    expectProblem(await read(shape(), `${archived}?revision=1`), 'config_gone')
  })
}

/** What `/v2` gives by what is asked for: a part, or a revision. */
export const chosen = (shape: () => Shape): void => {
  describe('a chosen part or revision', () => {
    parts(shape)
    revisions(shape)
  })
}
