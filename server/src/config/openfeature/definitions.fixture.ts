import fc from 'fast-check'
import type { Flag, Override } from '../../../../contract/targeting.ts'
import { type Effective, effectiveOf, type Layer } from '../effective.ts'
import type { Document } from '../store/versions.ts'
import { sensibleRule } from '../targeting/rules.fixture.ts'

/** Few keys and names, so that overrides of several layers meet. */
const keys = ['theme', 'limit', 'on', 'title', 'hidden']
const names = ['a', 'b.1', 'b_1', 'c', 'd', 'e']

const scalar = fc.constantFrom<unknown>(true, false, 0, 1.5, 'x', '', null)
const members = fc.dictionary(fc.constantFrom('p', 'q', 'r'), scalar, { maxKeys: 3 })
const value = fc.oneof(
  { withCrossShrink: true },
  scalar,
  members,
  members.map((inner) => ({ p: inner })),
  fc.array(scalar, { maxLength: 2 }),
)
const data = fc.dictionary(fc.constantFrom(...keys), value, { maxKeys: 4 })

const override: fc.Arbitrary<Override> = fc.record(
  {
    name: fc.constantFrom(...names),
    when: sensibleRule,
    rollout: fc.constantFrom(0, 0.01, 25, 50, 99.99, 100),
    data,
  },
  { requiredKeys: ['name', 'data'] },
)
const overrides = fc.uniqueArray(override, { selector: ({ name }) => name, maxLength: 5 })

/** What a flag's rule may give: variants that it has, by name or by truth, one it has not, and none. */
const result = fc.constantFrom<unknown>('on', 'off', true, false, null, 'neither')
const targeting: fc.Arbitrary<Record<string, unknown>> = fc.oneof(
  fc.tuple(sensibleRule, result, result).map((parts) => ({ if: parts })),
  fc.tuple(sensibleRule, result).map((parts) => ({ if: parts })),
  fc.constant({
    fractional: [
      ['on', 30],
      ['off', 70],
    ],
  }),
  fc.constant({ fractional: [{ cat: ['seed', { var: 'plan' }] }, ['on', 1], ['off', 1]] }),
  fc.constant({
    if: [
      { starts_with: [{ var: 'plan' }, 'fr'] },
      {
        fractional: [
          ['true', 1],
          [null, 1],
        ],
      },
    ],
  }),
)
const variants = fc.constantFrom<Flag['variants']>(
  { on: true, off: false, true: true, false: false },
  { on: { px: 1 }, off: {}, true: { px: 2 }, false: { px: 3 } },
  { on: 'on', off: 'off', true: 'yes', false: 'no' },
)
const flag: fc.Arbitrary<Flag> = fc.record(
  {
    state: fc.constantFrom('ENABLED' as const, 'ENABLED' as const, 'DISABLED' as const),
    variants,
    defaultVariant: fc.constantFrom('on', 'off', null),
    targeting,
    metadata: fc.constant({ team: 'search' }),
  },
  { requiredKeys: ['state', 'variants'] },
)
const flags = fc.dictionary(fc.constantFrom('search', 'banner', 'theme'), fc.option(flag), { maxKeys: 3 })

const document = (version: string): fc.Arbitrary<Document> =>
  fc.record(
    { configVersion: fc.constant(version), data, overrides, flags },
    { requiredKeys: ['configVersion', 'data'] },
  ) as fc.Arbitrary<Document>

const layer = (appId: string): fc.Arbitrary<Layer> =>
  document('1.0.0').map((made) => ({ appId, version: '1.0.0', document: made }))

/** What one to three layers make together. */
export const anyEffective: fc.Arbitrary<Effective> = fc
  .tuple(layer('app'), fc.option(layer('brand')), fc.option(layer('company')))
  .map(([app, brand, company]) => effectiveOf([company, brand, app].filter((one) => one !== null)))

/** What a rollout brings: mostly the same with something of another. */
export const likely = (live: Effective): fc.Arbitrary<Effective> =>
  fc
    .tuple(anyEffective, fc.subarray(['data', 'overrides', 'flags'] as const))
    .map(([other, parts]) => Object.assign({ ...live }, ...parts.map((part) => ({ [part]: other[part] }))))
