import { FeatureFlag } from '@openfeature/flagd-core'
import { LRUCache } from 'lru-cache'
import type { Flag } from '../../../../contract/targeting.ts'
import type { Values } from './rule-values.ts'

const silent = { error: () => {}, warn: () => {}, info: () => {}, debug: () => {} }
const options = { disableDynamicCodeGeneration: true }

type Evaluate = (values: Values) => ReturnType<FeatureFlag['evaluate']>

/**
 * Those asked lately, of the whole process, by what they say: thousands of apps have the rules of one template, and flagd-core
 * makes an engine of its own for each rule, which takes 40 microseconds and some 3 kB.
 */
const opened = new LRUCache<string, Evaluate>({ max: 8_000 })

/** A flag as flagd-core evaluates it. What it answers throws where it has a default variant that it does not have. */
export const openFlag = (key: string, flag: Flag): Evaluate => {
  const text = JSON.stringify([key, flag])
  return (values) => {
    let evaluate = opened.get(text)
    if (!evaluate) {
      evaluate = open(key, flag)
      opened.set(text, evaluate)
    }
    return evaluate(values)
  }
}

const open = (key: string, flag: Flag): Evaluate => {
  const definition = unlisted({ ...flag, defaultVariant: flag.defaultVariant ?? '' })
  const feature = new FeatureFlag(key, definition, silent, options)
  return (values) => feature.evaluate(values as never)
}

/** flagd-core hashes all that it can list, which takes longer than everything else, for a hash that nobody asks for. */
const unlisted = (definition: object): never =>
  Object.defineProperties(
    Object.create(null),
    Object.fromEntries(Object.entries(definition).map(([name, value]) => [name, { value }])),
  ) as never

/** What a condition is for a context: it fails where flagd-core reports an error, or throws. */
export type Outcome = 'holds' | 'holds not' | 'fails'

const condition = (rule: unknown): Flag => ({
  state: 'ENABLED',
  variants: { true: true, false: false },
  defaultVariant: 'false',
  targeting: { if: [rule, 'true', 'false'] },
})

/** A condition by JsonLogic's truth: 0, '', null, false and what is empty are false. */
export const openCondition = (rule: unknown): ((values: Values) => Outcome) => {
  const evaluate = openFlag('condition', condition(rule))
  return (values) => {
    try {
      const { reason, value } = evaluate(values)
      if (reason === 'ERROR') return 'fails'
      return value === true ? 'holds' : 'holds not'
    } catch {
      return 'fails'
    }
  }
}
