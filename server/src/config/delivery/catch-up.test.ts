import { describe, expect, it } from 'vitest'
import { createCatchUp } from './catch-up.ts'
import { createHeldReleases } from './held-releases.ts'
import type { ReadReleases } from './read-release.ts'
import { rules } from './rules.fixture.ts'
import type { ReleasedSnapshot } from './snapshot.ts'

const snapshotOf = (channel: string, sequence: number): ReleasedSnapshot => ({
  ...{ sequence, state: 'released', appId: 'shop', channel, revision: sequence, sharesSecond: false },
  ...{ releasedAt: '2026-11-23T10:00:00.000Z', pollSeconds: null },
  config: {
    ...{
      configVersion: '1.0.0',
      minimumAppVersion: null,
      recommendedAppVersion: null,
      deprecationDate: null,
    },
    data: {},
  },
})

/** A node that holds what is stable, of a store where more may have happened. */
const open = (patienceMs: number) => {
  const held = createHeldReleases(1_000_000, rules)
  const store = new Map<string, ReleasedSnapshot>()
  let asked = 0
  const releases: ReadReleases = {
    read: () => Promise.reject(new Error('not read here')),
    renew: async (changes) => {
      asked += 1
      for (const { channel } of changes) {
        const snapshot = store.get(channel)
        if (snapshot) held.hold(snapshot, { unverified: false })
      }
    },
    verify: async () => {},
    believeCache: () => {},
  }
  held.hold(snapshotOf('stable', 9), { unverified: false })
  held.holdAbsence('shop:beta', 'unreleased')
  const onError = (error: unknown): never => {
    throw error
  }
  return { catchUp: createCatchUp({ held, releases, onError, patienceMs }), store, asked: () => asked }
}

describe('catching up', () => {
  it('finds the first release of a channel that was thought to have none, though stable is further already', async () => {
    const { catchUp, store } = open(1_000)
    store.set('beta', snapshotOf('beta', 8))
    expect((await catchUp('shop', 'beta', 8)).key).toBe('shop:beta')
  })

  it('answers what is held where that is new enough, and asks nobody', async () => {
    const { catchUp, asked } = open(1_000)
    expect((await catchUp('shop', 'stable', 9)).held.sequence).toBe(9)
    expect(asked()).toBe(0)
  })

  it('refuses at once who asks for what is nowhere when a hundred wait for the app already', async () => {
    const { catchUp } = open(300)
    const waiting = Array.from({ length: 100 }, () =>
      catchUp('shop', 'stable', 1_000).catch((error) => error),
    )
    let isOver = false
    void waiting[0]?.then(() => {
      isOver = true
    })
    await expect(catchUp('shop', 'stable', 1_000)).rejects.toMatchObject({ code: 'revision_not_here' })
    expect(isOver).toBe(false)
    for (const error of await Promise.all(waiting)) expect(error).toMatchObject({ status: 503 })
    await expect(catchUp('shop', 'stable', 1_000)).rejects.toMatchObject({ code: 'revision_not_here' })
  })

  it('asks the stores once for all who wait, every quarter of a second', async () => {
    const { catchUp, asked } = open(300)
    await Promise.all(Array.from({ length: 50 }, () => catchUp('shop', 'stable', 1_000).catch(() => {})))
    expect(asked()).toBeLessThanOrEqual(3)
  })
})
