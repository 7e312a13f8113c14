import fc from 'fast-check'
import type { Flag, Override } from '../../../../contract/targeting.ts'
import { type Effective, effectiveOf, type Layer } from '../effective.ts'
import type { Document } from '../store/versions.ts'
import { type Context, contextOf } from '../targeting/context.ts'
import { ruleValues } from '../targeting/rule-values.ts'
import { anyValues, attributes, sensibleRule } from '../targeting/rules.fixture.ts'
import type { Live } from './flagd-definition.ts'

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
const anyEffective: fc.Arbitrary<Effective> = fc
  .tuple(layer('app'), fc.option(layer('brand')), fc.option(layer('company')))
  .map(([app, brand, company]) => effectiveOf([company, brand, app].filter((one) => one !== null)))

/** What a rollout brings: mostly the same with something of another. */
const likely = (live: Effective): fc.Arbitrary<Effective> =>
  fc
    .tuple(anyEffective, fc.subarray(['data', 'overrides', 'flags'] as const))
    .map(([other, parts]) => Object.assign({ ...live }, ...parts.map((part) => ({ [part]: other[part] }))))

/** Attributes as the server makes them of what a device says; the test of languages that fit is elsewhere. */
export const anyContext: fc.Arbitrary<Context> = fc
  .tuple(anyValues, fc.integer({ min: -1, max: 9999 }))
  .map(([values, bucket]) => {
    const { language: _, targetingKey: __, ...others } = values
    const tag = values.language === undefined ? {} : { language: values.language === 'de' ? 'de' : 'en' }
    return contextOf({ ...others, ...tag, ...(bucket >= 0 && { bucket }) }, attributes).context
  })

/** The same for who evaluates without the server. */
export const toValues = (context: Context): Record<string, unknown> =>
  JSON.parse(JSON.stringify(ruleValues(context, new Map())))

/** With the rollout of another one, or without. */
export const anyLive: fc.Arbitrary<Live> = anyEffective.chain((config) =>
  fc
    .option(
      fc.record({
        revision: fc.constant(43),
        rolloutId: fc.integer({ min: 1, max: 1000 }),
        percent: fc.constantFrom(0, 0.01, 50, 99.99, 100),
        config: likely(config),
      }),
    )
    .map((candidate) => ({ config, ...(candidate && { candidate }) })),
)
