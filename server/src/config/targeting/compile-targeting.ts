import { LRUCache } from 'lru-cache'
import { type Override, standardAttributes } from '../../../../contract/targeting.ts'
import type { Effective } from '../effective.ts'
import { type CompiledFlag, compileFlags, type FlagResult } from './compile-flags.ts'
import { compileOverrides, type Deciding, fails, holds, isReached } from './compile-overrides.ts'
import type { Context } from './context.ts'
import { languagesOf } from './languages-of.ts'
import { rememberOutcomes } from './outcome-tables.ts'
import { ruleValues, type Values } from './rule-values.ts'

export type { FlagResult } from './compile-flags.ts'

/** The overrides and flags of a config, ready to be evaluated. Nothing of it throws, whatever the context is. */
export interface Targeting {
  /** What its rules ask of devices, sorted: `bucket` for percentages too, and for flags that ask for the targeting key. */
  attributes: readonly string[]
  /** Some flag asks what time it is, so an answer cannot be kept. */
  isTimed: boolean
  overrides: readonly Override[]
  /** Places of the overrides that match, ascending. One whose condition fails does not. */
  match(context: Context): readonly number[]
  /** By key every flag that is enabled; the same object where the same came out lately. Undefined where there are no flags. */
  evaluateFlags(context: Context): Readonly<Record<string, FlagResult>> | undefined
}

/** Hears of a rule that failed each time it does: `override <name>` or `flag <key>`. */
export type OnBroken = (what: string, error: unknown) => void

/** What configs with the same rules share, whatever their data is. */
interface Shared {
  attributes: readonly string[]
  isTimed: boolean
  match(context: Context, onBroken: (place: number) => void): readonly number[]
  evaluateFlags(context: Context, onBroken: OnBroken): Readonly<Record<string, FlagResult>> | undefined
}

type Rules = Pick<Effective, 'overrides' | 'flags' | 'attributes'>

/** Thousands of apps have the rules of one template, each in a snapshot of its own. Bounded by what their texts take. */
const shared = new LRUCache<string, Shared>({
  maxSize: 16 * 1024 * 1024,
  // The text itself, and about as much again in the parts that it is compiled to.
  sizeCalculation: (_, text) => 4 * text.length,
})

/**
 * Compiles the rules of a config, once for all that have the same. Null where it has none. What could not be parsed is as
 * what fails: not matched, and told to `onBroken` when it is asked for.
 */
export const compileTargeting = (config: Rules, onBroken: OnBroken): Targeting | null => {
  const { overrides = [], flags } = config
  if (overrides.length === 0 && !flags) return null
  const rules = overrides.map(({ name, when, rollout }) => ({ name, when, rollout }))
  const text = JSON.stringify([rules, flags ?? null, config.attributes ?? null])
  const compiled = shared.get(text) ?? compile(config)
  shared.set(text, compiled)
  const onBrokenOverride = (place: number) => onBroken(`override ${overrides[place]?.name}`, failure)
  return {
    attributes: compiled.attributes,
    isTimed: compiled.isTimed,
    overrides,
    match: (context) => compiled.match(context, onBrokenOverride),
    evaluateFlags: (context) => compiled.evaluateFlags(context, onBroken),
  }
}

const failure = new Error('flagd-core cannot evaluate the rule for what a device tells.')

const compile = ({ overrides = [], flags, attributes = {} }: Rules): Shared => {
  const known = [...standardAttributes, ...Object.keys(attributes)]
  const matching = compileMatching(overrides)
  const evaluating = compileEvaluating(flags)
  const rules = [...matching.rules, ...evaluating.rules]
  const asked = new Set(rules.some(({ computed }) => computed) ? known : [])
  for (const { names } of rules) {
    for (const name of names) asked.add(name === 'targetingKey' ? 'bucket' : name)
  }
  if (matching.hasPercentage) asked.add('bucket')
  const languages = languagesOf({ overrides, ...(flags && { flags }) })
  return {
    attributes: known.filter((name) => asked.has(name)).sort(),
    isTimed: evaluating.isTimed,
    match: (context, onBroken) => matching.match(ruleValues(context, languages), onBroken),
    evaluateFlags: (context, onBroken) => evaluating.evaluate(ruleValues(context, languages), onBroken),
  }
}

const compileMatching = (deciding: readonly Deciding[]) => {
  const { conditions, overrides } = compileOverrides(deciding)
  const ask = rememberOutcomes(conditions)
  // flagd-core prepares a rule when it is asked first: not in a request.
  for (const { answer } of conditions) answer({})
  return {
    rules: conditions,
    hasPercentage: overrides.some((override) => override?.percentage),
    match(values: Values, onBroken: (place: number) => void): readonly number[] {
      const answerTo = ask(values)
      const matched: number[] = []
      for (const [place, override] of overrides.entries()) {
        if (!override) continue
        const refuted = override.conditions.find((condition) => answerTo(condition) !== holds)
        if (refuted === undefined) {
          if (isReached(override, values.bucket as number | undefined)) matched.push(place)
        } else if (answerTo(refuted) === fails) onBroken(place)
      }
      return matched
    },
  }
}

const compileEvaluating = (definitions: Rules['flags']) => {
  const flags = compileFlags(definitions ?? {})
  const ask = rememberOutcomes(flags)
  for (const { answer } of flags) answer({})
  // Of few flags there are few outcomes, and of many each takes much.
  const known = new LRUCache<string, Readonly<Record<string, FlagResult>>>({
    max: Math.ceil(4096 / Math.max(16, flags.length)),
  })
  return {
    rules: flags,
    isTimed: flags.some(({ isTimed }) => isTimed),
    evaluate(values: Values, onBroken: OnBroken): Readonly<Record<string, FlagResult>> | undefined {
      if (!definitions) return undefined
      const answerTo = ask(values)
      const answers = flags.map((_, place) => answerTo(place))
      const outcome = answers.join()
      const results = known.get(outcome) ?? resultsOf(flags, answers)
      known.set(outcome, results)
      for (const { key, errorCode } of failedOf(results)) onBroken(`flag ${key}`, new Error(errorCode))
      return results
    },
  }
}

const resultsOf = (
  flags: readonly CompiledFlag[],
  answers: readonly number[],
): Readonly<Record<string, FlagResult>> =>
  Object.fromEntries(
    flags.map(({ key, results }, place) => [key, results[answers[place] as number] as FlagResult]),
  )

const failedOf = (results: Readonly<Record<string, FlagResult>>) =>
  Object.entries(results).flatMap(([key, { errorCode }]) => (errorCode ? [{ key, errorCode }] : []))
