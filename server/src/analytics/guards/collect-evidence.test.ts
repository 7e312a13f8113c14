import { describe, expect, test } from 'vitest'
import { type EventGuard, type GuardsInput, guardsInput, guardsOf } from '../../../../contract/guard.ts'
import { sizeOf } from '../../platform/buckets/in-percentage.ts'
import { collectEvidence, collectReads, type SeenEvent } from './collect-evidence.ts'
import type { Guarded, GuardedRollout } from './guarded-rollout.ts'
import { placesIn } from './trial.ts'

const places = placesIn(51)
const guardsFrom = (input: unknown): EventGuard[] =>
  guardsOf(guardsInput.parse(input) as GuardsInput).filter((guard) => guard.kind === 'events')
/** A rollout of `shop` at 10 percent: 41 was live, 42 is new. */
const rolloutWith = (guards: unknown): GuardedRollout => ({
  ...{ rolloutId: 51, percent: 10, places, guards: guardsFrom(guards) },
  apps: new Map([['shop', { fresh: new Set([42]), before: new Set([41]) }]]),
})
const guardedBy = (guards: unknown = 'default'): Guarded => {
  const rollout = rolloutWith(guards)
  return { of: (appId) => (rollout.apps.has(appId) ? [rollout] : []) }
}
const bucketAt = (place: number): number => places.indexOf(place)
const inside = bucketAt(0)
const outside = bucketAt(sizeOf(10))

const event = (
  name: string,
  bucket: number | null,
  revision: number | null = 41,
  appId = 'shop',
): SeenEvent => ({
  ...{ appId, name, revision, bucket },
})
const collect = (events: SeenEvent[], guards?: unknown) =>
  collectEvidence(guardedBy(guards), events, 7).map(({ evidence }) => evidence)

describe('collectEvidence', () => {
  test('counts by the bucket of a device, whichever revision it has', () => {
    const events = [
      event('session_start', inside, 41),
      event('session_start', inside, 42),
      event('session_start', bucketAt(sizeOf(10) - 1), 42),
      event('session_start', outside, 41),
      event('app_error', inside, 42),
      event('app_error', outside, 41),
      event('config_failed', outside, 41),
    ]
    expect(collectEvidence(guardedBy(), events, 7)).toEqual([
      {
        ...{ rolloutId: 51, name: 'errors' },
        evidence: {
          ...{ at: 7, percent: 10, exposures: { inside: 3, outside: 1 }, adopted: 2 },
          harms: { inside: 1, outside: 2 },
          seen: [inside, bucketAt(sizeOf(10) - 1), outside],
          harmed: [inside, outside],
        },
      },
    ])
  })

  test('leaves out what has no bucket, is of another app or another channel, or is none of its events', () => {
    const others = [
      event('app_error', null, 42),
      event('app_error', inside, 42, 'another'),
      event('app_error', inside, 30),
      event('purchase', inside, 42),
    ]
    expect(collect(others)).toEqual([])
  })

  test('takes a device that tells no revision to have the new one', () => {
    const [evidence] = collect([event('session_start', inside, null), event('app_error', inside, null)])
    expect(evidence).toMatchObject({ adopted: 1, harms: { inside: 1, outside: 0 } })
  })

  test('tells each guard of its own events', () => {
    const guards = [
      { kind: 'events', harm: 'purchase', worse: 'fewer', per: 'checkout' },
      { kind: 'events', harm: 'app_error' },
      { kind: 'alert', rule: 'read-errors' },
    ]
    const events = [event('purchase', inside), event('checkout', outside), event('config_failed', inside)]
    const all = collectEvidence(guardedBy(guards), events, 7)
    expect(all.map(({ name }) => name)).toEqual(['purchase'])
    expect(all[0]?.evidence).toMatchObject({ exposures: { inside: 0, outside: 1 }, harmed: [inside] })
  })

  test('counts an event that is both the harm and the sign of use as both', () => {
    const guards = [{ kind: 'events', harm: 'session_start', worse: 'fewer' }]
    const [evidence] = collect([event('session_start', inside)], guards)
    expect(evidence).toMatchObject({ exposures: { inside: 1, outside: 0 }, harms: { inside: 1, outside: 0 } })
  })
})

describe('collectReads', () => {
  const reads = (counted: Parameters<typeof collectReads>[1]['counted'], guards?: unknown) =>
    collectReads(guardedBy(guards), { appId: 'shop', counted, at: 7 })

  test('counts reads for guards that go by them, of the channel alone', () => {
    const counted = [
      { revision: 42, count: 30, buckets: [inside] },
      { revision: 41, count: 100, buckets: [inside, outside, bucketAt(9_000), bucketAt(9_001)] },
      { revision: 30, count: 7, buckets: [outside] },
    ]
    const [all] = reads(counted, [{ kind: 'events', per: 'fetch' }])
    expect(all?.evidence).toMatchObject({
      ...{ exposures: { inside: 55, outside: 75 }, adopted: 30, harmed: [] },
      harms: { inside: 0, outside: 0 },
    })
    expect(all?.evidence.seen).toHaveLength(4)
    expect(reads(counted)).toEqual([])
  })
})
