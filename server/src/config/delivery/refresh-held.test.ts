import { describe, expect, it } from 'vitest'
import type { Change } from '../../platform/changes/changes.ts'
import { createHeldReleases } from './held-releases.ts'
import { refreshHeld } from './refresh-held.ts'
import { rules } from './rules.fixture.ts'
import type { ReleasedSnapshot } from './snapshot.ts'

const snapshot = (appId: string, sequence: number, size = 10): ReleasedSnapshot => ({
  ...{ sequence, state: 'released', appId, channel: 'stable', revision: sequence, sharesSecond: false },
  pollSeconds: null,
  releasedAt: '2026-11-23T10:00:00.000Z',
  config: {
    ...{
      configVersion: '1.0.0',
      minimumAppVersion: null,
      recommendedAppVersion: null,
      deprecationDate: null,
    },
    data: { text: 'x'.repeat(size) },
  },
})
const change = (n: number, sequence = 2): Change => ({ appId: `app-${n}`, channel: 'stable', sequence })
const changesOf = (count: number): Change[] => Array.from({ length: count }, (_, n) => change(n))

/** Holds app-0 to app-<count> as of sequence 1; each batch that is to be renewed waits until it is let go. */
const open = (count: number, size?: number, followed: readonly string[] = []) => {
  const held = createHeldReleases(1 << 28, rules)
  for (let n = 0; n < count; n++) held.hold(snapshot(`app-${n}`, 1, size), { unverified: false })
  const batches: { changes: readonly Change[]; go: PromiseWithResolvers<void> }[] = []
  const errors: unknown[] = []
  const renew = async (changes: readonly Change[]): Promise<void> => {
    const go = Promise.withResolvers<void>()
    batches.push({ changes, go })
    await go.promise
    for (const { appId, sequence } of changes) held.hold(snapshot(appId, sequence), { unverified: false })
  }
  const releases = {
    renew,
    read: () => Promise.reject(new Error('not read here')),
    verify: async () => {},
    believeCache: () => {},
  }
  const refreshing = refreshHeld({
    held,
    releases,
    evaluating: () => ({ rules, pollFactor: 1 }),
    isFollowed: (key) => followed.includes(key),
    onError: (error) => void errors.push(error),
  })
  const letGo = async (): Promise<void> => {
    for (const { go } of batches) go.resolve()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { held, refreshing, batches, errors, letGo }
}
const settle = () => new Promise((resolve) => setImmediate(resolve))

describe('refreshing what is held', () => {
  it('asks for what is followed too, held or not', async () => {
    const { refreshing, batches, held, letGo } = open(1, 10, ['app-7'])
    const refreshed = refreshing.refresh([change(7), change(8)])
    // On a busy machine the turn of this work is over before it has begun.
    await expect
      .poll(() => batches.map(({ changes }) => changes.map(({ appId }) => appId)))
      .toEqual([['app-7']])
    await letGo()
    expect(await refreshed).toBe(0)
    expect(held.peek('app-7')?.sequence).toBe(2)
  })

  it('asks for nothing that is not held or is that new already', async () => {
    const { refreshing, batches, held } = open(2)
    expect(await refreshing.refresh([change(0, 1), change(7), { ...change(1), channel: 'beta' }])).toBe(0)
    expect(batches).toEqual([])
    // What was heard of is remembered all the same.
    expect(held.allows('app-7', 1)).toBe(false)
  })

  it('takes together what arrives together, once for each app', async () => {
    const { refreshing, batches, held, letGo } = open(10)
    const done = Promise.all([...changesOf(10), change(3, 9)].map((one) => refreshing.refresh([one])))
    await expect.poll(() => batches.length).toBe(1)
    expect(batches[0]?.changes).toHaveLength(10)
    expect(batches[0]?.changes).toContainEqual(change(3, 9))
    await letGo()
    expect(await done).toEqual(new Array(11).fill(0))
    expect(held.get('app-3')?.sequence).toBe(9)
  })

  it('takes thousands in batches, few at once, and what comes meanwhile before the rest', async () => {
    const { refreshing, batches, letGo } = open(2001)
    const all = refreshing.refresh(changesOf(2000))
    await expect.poll(() => batches.length).toBe(2)
    let isSingleDone = false
    void refreshing.refresh([change(2000)]).then(() => {
      isSingleDone = true
    })
    await settle()
    await letGo()
    expect(batches[2]?.changes[0]).toEqual(change(2000))
    await letGo()
    expect(isSingleDone).toBe(true)
    expect(batches.length).toBeLessThan(9)
    while (batches.length < 9) await letGo()
    await letGo()
    expect(await all).toBe(0)
    for (const { changes } of batches) expect(changes.length).toBeLessThanOrEqual(250)
  })

  it('makes smaller batches of larger configs', async () => {
    const { refreshing, batches, letGo } = open(20, 1 << 20)
    const all = refreshing.refresh(changesOf(20))
    await expect.poll(() => batches.length).toBe(2)
    for (const { changes } of batches) expect(changes.length).toBeLessThan(9)
    while (batches.reduce((sum, { changes }) => sum + changes.length, 0) < 20) await letGo()
    await letGo()
    expect(await all).toBe(0)
  })

  it('counts what could not be refreshed, and gives up what waits when it is closed', async () => {
    const { refreshing, batches, errors } = open(600)
    const all = refreshing.refresh(changesOf(600))
    await expect.poll(() => batches.length).toBe(2)
    const away = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
    for (const { go } of batches) go.reject(away)
    const closed = refreshing.close()
    for (const { go } of batches) go.resolve()
    expect(await all).toBe(600)
    await closed
    expect(errors).toEqual([away, away])
    expect(await refreshing.refresh([change(1, 5)])).toBe(0)
  })
})
