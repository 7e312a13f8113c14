import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { acceptedCodings } from './encodings.ts'
import { buildVariants } from './form.ts'
import { createHeldReleases } from './held-releases.ts'
import { ask, rules } from './rules.fixture.ts'
import type { ReleasedSnapshot } from './snapshot.ts'

const snapshot = (appId: string, sequence: number, size = 100): ReleasedSnapshot => ({
  sequence,
  state: 'released',
  appId,
  channel: 'stable',
  revision: sequence,
  releasedAt: '2026-11-23T10:00:00.000Z',
  sharesSecond: false,
  pollSeconds: null,
  config: {
    configVersion: '1.0.0',
    minimumAppVersion: null,
    recommendedAppVersion: null,
    deprecationDate: null,
    data: { text: 'x'.repeat(size) },
  },
})

describe('level 1', () => {
  it('never goes back: whatever order snapshots arrive in, the newest is held', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }), (sequences) => {
        const held = createHeldReleases(1_000_000, rules)
        let highest = 0
        for (const sequence of sequences) {
          held.hold(snapshot('shop', sequence), { unverified: false })
          highest = Math.max(highest, sequence)
          expect(held.get('shop')?.sequence).toBe(highest)
        }
      }),
    )
  })

  it('stays within its bound of bytes, whatever is held', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(200), fc.integer({ min: 0, max: 9_000 }))), (entries) => {
        const held = createHeldReleases(50_000, rules)
        for (const [app, size] of entries)
          held.hold(snapshot(`app-${app}`, size + 1, size), { unverified: false })
        expect(held.size().bytes).toBeLessThanOrEqual(50_000)
      }),
    )
  })

  it('counts the codings that readers have made it build', async () => {
    const held = createHeldReleases(1_000_000, rules)
    const shop = held.hold(snapshot('shop', 1, 5_000), { unverified: false })
    const before = held.size().bytes
    if (shop.state === 'released') await buildVariants(shop.release.plain, acceptedCodings('gzip'))
    held.weigh('shop')
    const added = shop.state === 'released' ? (shop.release.plain.variants.gzip?.body.length ?? 0) : 0
    expect(added).toBeGreaterThan(0)
    expect(held.size().bytes).toBeGreaterThanOrEqual(before + added)
  })

  it('counts the form that readers of /v2 have made it build', () => {
    const held = createHeldReleases(1_000_000, rules)
    const shop = held.hold(snapshot('shop', 1, 5_000), { unverified: false })
    const before = held.size().bytes
    if (shop.state === 'released') ask(shop.release, '')
    held.weigh('shop')
    expect(held.size().bytes).toBeGreaterThanOrEqual(before + 5_000)
  })

  it('remembers what it served after the entry is gone: nothing older is allowed back', () => {
    const held = createHeldReleases(10_000, rules)
    held.hold(snapshot('shop', 7), { unverified: false })
    for (let i = 0; i < 50; i++) held.hold(snapshot(`other-${i}`, 1, 2_000), { unverified: false })
    expect(held.get('shop')).toBeUndefined()
    expect(held.allows('shop', 6)).toBe(false)
    expect(held.allows('shop', 7)).toBe(true)
  })

  it('allows nothing older than what it has heard of, even for an app it does not hold', () => {
    const held = createHeldReleases(10_000, rules)
    held.expect('shop', 9)
    expect(held.allows('shop', 8)).toBe(false)
  })

  it('lists what is unverified until a verified snapshot of it comes', () => {
    const held = createHeldReleases(10_000, rules)
    held.hold(snapshot('shop', 3), { unverified: true })
    expect(held.unverifiedKeys()).toEqual(['shop'])
    held.hold(snapshot('shop', 3), { unverified: false })
    expect(held.unverifiedKeys()).toEqual([])
    expect(held.get('shop')?.unverified).toBe(false)
  })

  it('forgets that an id was unknown as soon as it has a release', () => {
    const held = createHeldReleases(10_000, rules)
    held.holdAbsence('shop', 'unknown')
    expect(held.absence('shop')).toBe('unknown')
    held.hold(snapshot('shop', 1), { unverified: false })
    expect(held.absence('shop')).toBeUndefined()
  })
})
