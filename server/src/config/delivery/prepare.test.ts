import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isInRollout } from '../../platform/buckets/is-in-rollout.ts'
import { buildLike } from './build-like.ts'
import { buildVariants, type Form } from './form.ts'
import { prepareRelease } from './prepare.ts'
import { ask, rules as plainRules } from './rules.fixture.ts'
import type { ReleasedSnapshot } from './snapshot.ts'

const rules = { ...plainRules, deprecatedApis: { v1: { deprecatedAt: 0, endsAt: 1_000 } } }
const evaluating = { rules, pollFactor: 1 }
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
const inside = `bucket=${buckets.find((bucket) => isInRollout(3, bucket, 50))}`
const outside = `bucket=${buckets.find((bucket) => !isInRollout(3, bucket, 50))}`
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
        const varies = candidate ? '["appVersion","bucket"]' : '["appVersion"]'
        const head = (revision: number) =>
          `{"appId":"shop","channel":"stable","revision":${revision},"configVersion":"${revision}.0.0","minimumAppVersion":null,` +
          `"recommendedAppVersion":"2.0.0","deprecationDate":null,"update":"none","publishedAt":"2026-11-23T10:00:00.000Z",` +
          `"pollSeconds":300,"varies":${varies},"overrides":[],"data":`
        const forms = ['', outside].map((query) => ask(release, query, evaluating))
        for (const form of forms) expect(textOf(form)).toBe(`${head(4)}${text}}`)
        if (candidate) {
          const form = ask(release, inside, evaluating)
          expect(textOf(form)).toBe(`${head(5)}${JSON.stringify(candidate)}}`)
          forms.push(form)
        }
        const lengths = [release.plain, ...new Set(forms)].map((form) => textOf(form).length)
        expect(release.weight.bytes).toBeGreaterThanOrEqual(lengths.reduce((sum, length) => sum + length))
      }),
    )
  })

  it('gives every answer that differs a tag of its own', async () => {
    const bodies = new Map<string, Set<string>>()
    for (const candidate of [undefined, { on: 2, text: 'y'.repeat(500) }]) {
      const release = prepareRelease(snapshotOf({ on: 1, text: 'x'.repeat(500) }, candidate), rules)
      const queries = [outside, inside, 'appVersion=1', 'appVersion=2', 'keys=on', 'keys=off']
      const evaluated = queries.flatMap((query) =>
        [1, 2].map((pollFactor) => ask(release, query, { rules, pollFactor })),
      )
      for (const form of [release.plain, ...evaluated]) {
        for (const coding of ['gzip', 'br'] as const) await buildVariants(form, [coding])
        for (const variant of Object.values(form.variants)) {
          const known = bodies.get(variant?.etag ?? '') ?? new Set()
          bodies.set(variant?.etag ?? '', known.add(Buffer.from(variant?.body ?? '').toString('base64')))
        }
      }
    }
    for (const same of bodies.values()) expect(same.size).toBe(1)
    const distinct = new Set([...bodies.values()].flatMap((same) => [...same]))
    expect(distinct.size).toBe(bodies.size)
  })

  it('makes what /v2 answers only when it is asked, once for all who get the same', () => {
    const release = prepareRelease(snapshotOf({ on: 1 }), rules)
    const { bytes } = release.weight
    const first = ask(release, 'bucket=1', evaluating)
    const after = release.weight.bytes
    expect(after).toBeGreaterThan(bytes)
    for (const query of ['bucket=2', 'bucket=%33&platform=ios', 'appVersion=2.0.0', 'x&&=&%61=1']) {
      expect(ask(release, query, evaluating)).toBe(first)
    }
    expect(release.evaluated?.outcomes.latest(10)).toHaveLength(1)
    // Parameters that do not matter make no entry: what grew is one query.
    expect(release.weight.bytes - after).toBeLessThan(200)
  })

  it('is built like the one before it: in the answers and codings that readers asked of that', async () => {
    const before = prepareRelease(snapshotOf({ text: 'x'.repeat(500) }), rules)
    await buildVariants(ask(before, 'appVersion=1', evaluating), ['gzip'])
    const after = prepareRelease(snapshotOf({ text: 'y'.repeat(500) }), rules)
    await buildLike(after, before, evaluating)
    const [outcome] = after.evaluated?.outcomes.latest(10) ?? []
    expect(Object.keys(outcome?.form.variants ?? {}).sort()).toEqual(['gzip', 'identity'])
    expect(ask(after, 'appVersion=1', evaluating)).toBe(outcome?.form)
    expect(Object.keys(after.plain.variants)).toEqual(['identity'])
  })

  it('refuses a bucket that is none, whether it matters or not', () => {
    for (const candidate of [undefined, {}]) {
      const release = prepareRelease(snapshotOf({}, candidate), rules)
      for (const query of ['bucket=x', 'bucket=1&bucket=1', '%62ucket=10000']) {
        expect(() => ask(release, query, evaluating)).toThrow('bucket is')
      }
    }
  })

  it('says on each version of the API what is deprecated there', () => {
    const release = prepareRelease(snapshotOf({}), rules)
    const told = { deprecation: '@0', sunset: 'Thu, 01 Jan 1970 00:00:01 GMT' }
    expect(release.plain.variants.identity?.shared.full.fields).toMatchObject(told)
    expect(release.plain.variants.identity?.shared.unchanged.fields).toMatchObject(told)
    const evaluated = ask(release, '', evaluating).variants.identity?.shared
    expect(evaluated?.full.fields).not.toHaveProperty('deprecation')
    expect(evaluated?.unchanged.fields).not.toHaveProperty('deprecation')
  })

  it('says null for a recommended version that was kept by a version that knew none', () => {
    const old = JSON.parse(JSON.stringify(snapshotOf({}))) as ReleasedSnapshot
    delete (old.config as Partial<typeof old.config>).recommendedAppVersion
    const form = ask(prepareRelease(old, rules), '', evaluating)
    expect(JSON.parse(textOf(form))).toMatchObject({ recommendedAppVersion: null, update: 'none' })
  })
})
