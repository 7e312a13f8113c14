import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Flag, Override } from '../../../../contract/targeting.ts'
import { checkRules } from './check-rules.ts'
import { compileTargeting } from './compile-targeting.ts'
import { contextOf } from './context.ts'
import { anyBucket, anyRule, anyValues, attributes, sensibleRule } from './rules.fixture.ts'
import { typedRule } from './typed-rules.fixture.ts'

const contexts = fc.array(fc.tuple(anyValues, anyBucket), { minLength: 1, maxLength: 12 })
const rules = fc.oneof(
  anyRule,
  sensibleRule,
  typedRule,
  fc.tuple(anyRule, sensibleRule).map((both) => ({ and: both })),
)

describe('a rule that is accepted', () => {
  it('as a condition never fails, whatever the context is', () => {
    let accepted = 0
    fc.assert(
      fc.property(rules, contexts, (when, all) => {
        const overrides = [{ name: 'any', when: when as Override['when'], data: {} }]
        const { errors } = checkRules({ overrides }, attributes)
        if (errors.length > 0) return
        accepted++
        const broken: string[] = []
        const targeting = compileTargeting({ overrides, attributes }, (what) => broken.push(what))
        for (const [values, bucket] of all)
          targeting?.match(contextOf({ ...values, bucket }, attributes).context)
        expect(broken).toEqual([])
      }),
      { numRuns: 3000 },
    )
    expect(accepted).toBeGreaterThan(200)
  })

  it('as targeting of a flag never fails, whatever the context is, unless it was warned about', () => {
    let accepted = 0
    const variants = { ios: 1, DE: 2, true: 3, false: 4, a: 5, '2.3.0': 6, '': 7 }
    fc.assert(
      fc.property(rules, fc.constantFrom('a', null), contexts, (rule, defaultVariant, all) => {
        const flag = {
          state: 'ENABLED',
          variants,
          defaultVariant,
          targeting: rule as Flag['targeting'],
        } as const
        const { errors, warnings } = checkRules({ flags: { any: flag } }, attributes)
        if (errors.length > 0 || warnings.some(({ detail }) => detail.includes('has an error'))) return
        accepted++
        const broken: string[] = []
        const targeting = compileTargeting({ flags: { any: flag }, attributes }, (what) => broken.push(what))
        for (const [values, bucket] of all) {
          targeting?.evaluateFlags(contextOf({ ...values, bucket }, attributes).context)
        }
        expect(broken).toEqual([])
      }),
      { numRuns: 3000 },
    )
    expect(accepted).toBeGreaterThan(50)
  })

  it('as a condition of comparisons alone holds for nobody who tells nothing', () => {
    let refused = 0
    fc.assert(
      fc.property(comparisons, (when) => {
        const overrides = [{ name: 'any', when, data: {} }]
        const { errors } = checkRules({ overrides }, attributes)
        const matched = compileTargeting({ overrides, attributes }, () => {})?.match({})
        if (errors.length === 0) expect(matched).toEqual([])
        else refused++
      }),
      { numRuns: 1000 },
    )
    expect(refused).toBeGreaterThan(100)
  })
})

const orders = fc
  .tuple(
    fc.constantFrom('<', '<=', '>', '>=', '!=', '!=='),
    fc.constantFrom('seats', 'bucket'),
    fc.constantFrom(0, 1, 5),
  )
  .map(([operation, name, number]) => ({ '!': [{ [operation]: [{ var: name }, number] }] }))

const comparisons = fc.letrec<{ rule: Record<string, unknown> }>((tie) => ({
  rule: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc
      .tuple(
        fc.constantFrom('==', '===', '<', '<=', '>', '>='),
        fc.constantFrom('seats', 'bucket'),
        fc.constantFrom(0, 1, 5),
        fc.boolean(),
      )
      .map(([operation, name, number, isFirst]) => ({
        [operation]: isFirst ? [{ var: name }, number] : [number, { var: name }],
      })),
    orders,
    fc.boolean().map((is) => ({ '==': [{ var: 'beta' }, is] })),
    fc.constantFrom('plan', 'country').map((name) => ({ '==': [{ var: name }, { var: 'language' }] })),
    fc.constant({ in: [{ var: 'country' }, ['DE', 'AT']] }),
    fc.constant({ sem_ver: [{ var: 'engine' }, '>=', '1.0.0'] }),
    fc.tuple(tie('rule'), tie('rule')).map((both) => ({ and: both })),
    fc.tuple(tie('rule'), tie('rule')).map((both) => ({ or: both })),
  ),
})).rule
