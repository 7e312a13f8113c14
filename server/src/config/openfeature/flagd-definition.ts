import { equalJson } from '../../../../contract/json-equal.ts'
import type { Flag, Rule } from '../../../../contract/targeting.ts'
import { percentageRule } from '../../platform/buckets/in-percentage.ts'
import type { Effective } from '../effective.ts'
import { type Bounds, type Budget, createBudget } from './bounds.ts'
import { equalPlans, type KeyPlan, planKeys } from './key-plans.ts'
import { type SharedRules, shareRules } from './share-rules.ts'
import { type Choosing, variantsOfKey } from './variants-of-key.ts'
import { chooseBetween, choosingOf, writeFlag } from './write-flag.ts'

type Metadata = NonNullable<Flag['metadata']>
type Targeted = Pick<Effective, 'data' | 'overrides' | 'flags'>

/** What devices get on a channel, and what a rollout is bringing to so many percent of them. */
export interface Live {
  config: Targeted
  candidate?: { revision: number; rolloutId: number; percent: number; config: Targeted }
}

/** https://flagd.dev/reference/flag-definitions/ */
export interface FlagdDefinition {
  $schema: string
  metadata: Metadata
  flags: Readonly<Record<string, Flag>>
  $evaluators?: Readonly<Record<string, Rule>>
}

/** Those outside of a rollout, or those inside. */
interface Side {
  plans: ReadonlyMap<string, KeyPlan>
  flags: ReadonlyMap<string, Flag>
  /** For the names of variants and rules, to tell the sides apart. */
  suffix: string
}

interface Writing {
  outside: Side
  inside: Side | undefined
  /** Whether a device is inside. */
  isInside: Rule
  rules: SharedRules
  budget: Budget
}

/**
 * An app as flagd, or a provider in the process of an app, evaluates it: each key of data is a flag, and so is each flag of the
 * document, which goes first. Attributes must be as the server makes them of what devices say. Throws 409 where it is too much.
 */
export const flagdDefinition = (live: Live, metadata: Metadata, most?: Bounds): FlagdDefinition => {
  const candidate = live.candidate && live.candidate.percent > 0 ? live.candidate : undefined
  const rules = shareRules(!JSON.stringify(live).includes('"$ref"'))
  const writing: Writing = {
    outside: sideOf(live.config, ''),
    inside: candidate && sideOf(candidate.config, `@${candidate.revision}`),
    isInside: candidate ? rules.refer(`rollout-${candidate.rolloutId}`, insideOf(candidate)) : {},
    ...{ rules, budget: createBudget(most) },
  }
  const { outside, inside } = writing
  const keys = new Set(
    [outside, inside].flatMap((side) => [...(side?.plans.keys() ?? []), ...(side?.flags.keys() ?? [])]),
  )
  const flags = [...keys].flatMap((key): [string, Flag][] => {
    const flag = flagOf(writing, key)
    return flag ? [[key, flag]] : []
  })
  const hasEvaluators = Object.keys(rules.evaluators).length > 0
  return {
    $schema: 'https://flagd.dev/schema/v0/flags.json',
    metadata,
    flags: Object.fromEntries(flags),
    ...(hasEvaluators && { $evaluators: rules.evaluators }),
  }
}

const sideOf = (config: Targeted, suffix: string): Side => ({
  plans: new Map(planKeys(config).map((plan) => [plan.key, plan])),
  flags: new Map(Object.entries(config.flags ?? {})),
  suffix,
})

/** A device without a bucket is in no rollout, whatever its percentage. */
const insideOf = ({ rolloutId, percent }: NonNullable<Live['candidate']>): Rule =>
  percent < 100 ? percentageRule(`rollout-${rolloutId}`, percent) : { '!==': [{ var: 'bucket' }, null] }

const flagOf = (writing: Writing, key: string): Flag | undefined => {
  const { outside, inside, isInside } = writing
  const [flag, newFlag] = [outside.flags.get(key), inside?.flags.get(key)]
  const isSame =
    !inside ||
    (equalJson(flag, newFlag) &&
      (flag !== undefined || equalPlans(outside.plans.get(key), inside.plans.get(key))))
  const isOff = flag?.state === 'DISABLED' && newFlag?.state === 'DISABLED'
  if (flag && (isSame || isOff)) return flag
  const before = choosingIn(writing, outside, key)
  if (isSame) return writeFlag(before)
  return writeFlag(chooseBetween(isInside, choosingIn(writing, inside, key), before), flag?.metadata)
}

const choosingIn = ({ rules, budget }: Writing, { plans, flags, suffix }: Side, key: string): Choosing => {
  const flag = flags.get(key)
  if (flag) return choosingOf(flag, suffix)
  const plan = plans.get(key)
  return plan ? variantsOfKey(plan, suffix, rules, budget) : { variants: {}, choice: null, mayLack: true }
}
