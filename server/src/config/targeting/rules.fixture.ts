import fc from 'fast-check'
import type { Attributes } from '../../../../contract/targeting.ts'

export const attributes: Attributes = {
  plan: { type: 'string' },
  seats: { type: 'number' },
  beta: { type: 'boolean' },
  engine: { type: 'version' },
}

const names = [
  'platform',
  'appVersion',
  'osVersion',
  'country',
  'language',
  'bucket',
  ...Object.keys(attributes),
]

/** Anything a client may send, by name: what rules look for, what is odd, and what is malformed. */
export const anyValues: fc.Arbitrary<Record<string, unknown>> = fc.dictionary(
  fc.constantFrom(...names.filter((name) => name !== 'bucket'), 'targetingKey', 'other'),
  fc.oneof(
    fc.constantFrom(
      'ios',
      'iOS',
      'DE',
      'de',
      'de-AT,en;q=0.5',
      '1',
      '2.3',
      '2.3.0',
      'true',
      'false',
      '',
      '0',
    ),
    fc.string(),
    fc.double(),
    fc.boolean(),
    fc.constantFrom(0, -1, null),
  ),
  { maxKeys: 10 },
)
export const anyBucket = fc.option(fc.integer({ min: 0, max: 9999 }), { nil: undefined })

const literal = fc.constantFrom<unknown>(
  'ios',
  'DE',
  'de',
  '2.3.0',
  '1',
  '',
  'free',
  0,
  1,
  5,
  10_000,
  0.5,
  true,
  false,
  null,
)
const variable = fc.oneof(
  fc.constantFrom(...names).map((name) => ({ var: name })),
  fc.tuple(fc.constantFrom(...names), literal).map((pair) => ({ var: pair })),
)
const operations = [
  ...['==', '!=', '===', '!==', '<', '<=', '>', '>=', 'and', 'or', '!', '!!', 'if', 'in', 'cat', 'substr'],
  ...['+', '-', '*', '/', '%', 'min', 'max', 'merge', 'missing', 'missing_some', 'starts_with', 'ends_with'],
  ...['sem_ver', 'fractional'],
]
const lists = fc.oneof(
  fc.array(literal, { maxLength: 3 }),
  fc.constantFrom<unknown>(['DE', 'AT'], ['<'], '<', '>=', ['bucket'], 'bucket', [
    ['a', 50],
    ['b', 50],
  ]),
)

/** Rules of the dialect, most of which make no sense, and some of which fail. */
export const anyRule: fc.Arbitrary<unknown> = fc.letrec<{ rule: unknown }>((tie) => ({
  rule: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    variable,
    literal,
    lists,
    fc
      .tuple(fc.constantFrom(...operations), fc.array(tie('rule'), { maxLength: 4 }))
      .map(([operation, operands]) => ({ [operation]: operands })),
    fc.tuple(fc.constantFrom(...operations), tie('rule')).map(([operation, one]) => ({ [operation]: one })),
  ),
})).rule

/** Conditions that people write: few fail. */
export const sensibleRule: fc.Arbitrary<Record<string, unknown>> = fc.letrec<{
  rule: Record<string, unknown>
}>((tie) => ({
  rule: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom('ios', 'android', 'web').map((name) => ({ '==': [{ var: 'platform' }, name] })),
    fc.constantFrom(['DE', 'AT'], ['FR'], []).map((list) => ({ in: [{ var: 'country' }, list] })),
    fc.constantFrom('de', 'de-AT', 'en').map((tag) => ({ '==': [{ var: 'language' }, tag] })),
    fc
      .tuple(
        fc.constantFrom('appVersion', 'osVersion', 'engine'),
        fc.constantFrom('<', '>=', '='),
        fc.constantFrom('2.3.0', '1.0.0'),
      )
      .map(([name, operator, version]) => ({ sem_ver: [{ var: name }, operator, version] })),
    fc.integer({ min: 0, max: 10_000 }).map((size) => ({ '<': [{ var: ['bucket', 10_000] }, size] })),
    fc
      .constantFrom(1, 5)
      .map((seats) => ({ and: [{ '!==': [{ var: 'seats' }, null] }, { '>': [{ var: 'seats' }, seats] }] })),
    fc.constant({ var: 'beta' }),
    fc.constantFrom('fr', 'free').map((start) => ({ starts_with: [{ var: 'plan' }, start] })),
    tie('rule').map((rule) => ({ '!': [rule] })),
    fc.array(tie('rule'), { minLength: 1, maxLength: 4 }).map((rules) => ({ and: rules })),
    fc.array(tie('rule'), { minLength: 1, maxLength: 4 }).map((rules) => ({ or: rules })),
    fc.tuple(tie('rule'), tie('rule'), tie('rule')).map((parts) => ({ if: parts })),
  ),
})).rule
