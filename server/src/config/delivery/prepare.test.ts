import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isInRollout } from '../rollouts/is-in-rollout.ts'
import { evaluate } from './evaluate.ts'
import { buildLike, buildVariants, type Form, prepareRelease } from './prepare.ts'
import type { ReleasedSnapshot } from './snapshot.ts'

const rules = {
  ...{ maxAgeSeconds: 300, staleWhileRevalidateSeconds: 60, staleIfErrorSeconds: 86_400 },
  deprecatedApis: { v1: { deprecatedAt: 0, endsAt: 1_000 } },
}
const releaseOf = (revision: number, data: Record<string, unknown>) => ({
  revision,
  releasedAt: '2026-11-23T10:00:00.000Z',
  config: {
    configVersion: `${revision}.0.0`,
    minimumAppVersion: null,
    recommendedAppVersion: '2.0.0',
    deprecationDate: null,
    data,
  },
})
const snapshotOf = (
  data: Record<string, unknown>,
  candidate?: Record<string, unknown>,
): ReleasedSnapshot => ({
  ...{ sequence: 7, state: 'released', appId: 'shop', channel: 'stable', sharesSecond: false },
  pollSeconds: null,
  ...releaseOf(4, data),
  ...(candidate && { candidate: { ...releaseOf(5, candidate), rolloutId: 3, percent: 50 } }),
})
const textOf = (form: Form): string => String(form.variants.identity?.body)
const buckets = Array.from({ length: 10_000 }, (_, bucket) => bucket)
const inside = buckets.find((bucket) => isInRollout(3, bucket, 50)) ?? -1
const outside = buckets.find((bucket) => !isInRollout(3, bucket, 50)) ?? -1
const anyData = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }))

describe('a prepared release', () => {
  it('gives /v1 and /v2 the same data, whatever it is, and counts its bytes', () => {
    fc.assert(
      fc.property(anyData, fc.option(anyData, { nil: undefined }), (data, candidate) => {
        const release = prepareRelease(snapshotOf(data, candidate), rules)
        const text = JSON.stringify(data)
        expect(textOf(release.plain)).toBe(
          `{"configVersion":"4.0.0","minimumAppVersion":null,"deprecationDate":null,"data":${text}}`,
        )
        const varies = candidate ? '["bucket"]' : '[]'
        const head = (revision: number) =>
          `{"appId":"shop","channel":"stable","revision":${revision},"configVersion":"${revision}.0.0","minimumAppVersion":null,` +
          `"recommendedAppVersion":"2.0.0","deprecationDate":null,"publishedAt":"2026-11-23T10:00:00.000Z","varies":${varies},"data":`
        for (const bucket of [undefined, outside]) {
          expect(textOf(evaluate(release, { bucket }, rules))).toBe(`${head(4)}${text}}`)
        }
        if (candidate) {
          const form = evaluate(release, { bucket: inside }, rules)
          expect(textOf(form)).toBe(`${head(5)}${JSON.stringify(candidate)}}`)
        }
        const forms = [release.plain, release.live.form, release.candidate?.form]
        const lengths = forms.map((form) => form?.variants.identity?.body.length ?? 0)
        expect(release.bytes).toBeGreaterThanOrEqual(lengths.reduce((sum, length) => sum + length))
      }),
    )
  })

  it('gives every answer that differs a tag of its own', async () => {
    const bodies = new Map<string, Set<string>>()
    for (const candidate of [undefined, { on: 2, text: 'y'.repeat(500) }]) {
      const release = prepareRelease(snapshotOf({ on: 1, text: 'x'.repeat(500) }, candidate), rules)
      const evaluated = [outside, inside].map((bucket) => evaluate(release, { bucket }, rules))
      for (const form of [release.plain, ...evaluated]) {
        for (const coding of ['gzip', 'br'] as const) await buildVariants(release, form, [coding], rules)
        for (const variant of Object.values(form.variants)) {
          const known = bodies.get(variant?.etag ?? '') ?? new Set()
          bodies.set(variant?.etag ?? '', known.add(Buffer.from(variant?.body ?? '').toString('base64')))
        }
      }
    }
    // /v1, /v2 before the rollout, and the two that /v2 gives meanwhile; each plain and in two codings.
    expect(bodies.size).toBe(4 * 3)
    for (const same of bodies.values()) expect(same.size).toBe(1)
  })

  it('makes what /v2 answers only when it is asked, once', () => {
    const release = prepareRelease(snapshotOf({ on: 1 }), rules)
    const { bytes } = release
    const first = evaluate(release, { bucket: 1 }, rules)
    expect(release.bytes).toBeGreaterThan(bytes)
    const after = release.bytes
    expect(evaluate(release, { bucket: 2 }, rules)).toBe(first)
    expect(release.bytes).toBe(after)
  })

  it('is built like the one before it: in the forms and codings that readers asked of that', async () => {
    const data = { text: 'x'.repeat(500) }
    const before = prepareRelease(snapshotOf(data), rules)
    await buildVariants(before, evaluate(before, { bucket: 1 }, rules), ['gzip'], rules)
    const after = prepareRelease(snapshotOf(data, { text: 'y'.repeat(500) }), rules)
    await buildLike(after, before, rules)
    for (const form of [after.live.form, after.candidate?.form]) {
      expect(Object.keys(form?.variants ?? {}).sort()).toEqual(['gzip', 'identity'])
    }
    expect(Object.keys(after.plain.variants)).toEqual(['identity'])
  })

  it('says on each version of the API what is deprecated there', () => {
    const release = prepareRelease(snapshotOf({}), rules)
    const told = { deprecation: '@0', sunset: 'Thu, 01 Jan 1970 00:00:01 GMT' }
    expect(release.plain.variants.identity?.full.fields).toMatchObject(told)
    expect(release.plain.variants.identity?.unchanged.fields).toMatchObject(told)
    const evaluated = evaluate(release, { bucket: undefined }, rules)
    expect(evaluated.variants.identity?.full.fields).not.toHaveProperty('deprecation')
    expect(evaluated.variants.identity?.unchanged.fields).not.toHaveProperty('deprecation')
  })

  it('says null for a recommended version that was kept by a version that knew none', () => {
    const old = JSON.parse(JSON.stringify(snapshotOf({}))) as ReleasedSnapshot
    delete (old.config as Partial<typeof old.config>).recommendedAppVersion
    const form = evaluate(prepareRelease(old, rules), { bucket: undefined }, rules)
    expect(JSON.parse(textOf(form))).toMatchObject({ recommendedAppVersion: null })
  })
})
