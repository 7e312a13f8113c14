import type { JsonValue } from '../../../../contract/json.ts'
import type { Problem } from '../../../../contract/problems.ts'
import type { Form } from '../delivery/form.ts'
import type { Outcomes } from '../delivery/outcomes.ts'
import { createOutcomes } from '../delivery/outcomes.ts'
import { type DeliveryRules, dataOf, type Evaluable, type PreparedRelease } from '../delivery/prepare.ts'
import { equalPlans, type KeyPlan, planKeys } from './key-plans.ts'

/** What is kept of a release for clients of OpenFeature, made for the first of them. */
export interface OpenFeatureAnswers {
  /** The flagd definition, or why there is none. */
  definition?: Form | Problem
  evaluating?: {
    live: Plans
    candidate: Plans | undefined
    /** Keys and flags that some device gets, in the order in which they are answered. */
    keys: readonly string[]
    /** Keys of data that a rollout under way changes. */
    changing: ReadonlySet<string>
    /** Answers with all flags, by what was resolved. */
    outcomes: Outcomes
  }
}

type Plans = ReadonlyMap<string, KeyPlan>
type Evaluating = NonNullable<OpenFeatureAnswers['evaluating']>

export const answersOf = (release: PreparedRelease): OpenFeatureAnswers => {
  release.openFeature ??= {}
  return release.openFeature
}

/** The config of a release, with its data read from its text. */
export const configOf = (release: PreparedRelease, { data, targeting, flags }: Evaluable) => ({
  data: JSON.parse(String(dataOf(release, { data } as Evaluable))) as Record<string, JsonValue>,
  ...(targeting && { overrides: targeting.overrides }),
  ...(flags && { flags }),
})

/** What is needed to evaluate flags one by one, without reading all the data each time. */
export const evaluatingOf = (release: PreparedRelease, { outcomes }: DeliveryRules): Evaluating => {
  const answers = answersOf(release)
  answers.evaluating ??= prepare(release, createOutcomes(outcomes, release.weight.grow))
  return answers.evaluating
}

/** Values that were read take about so much more than their text. */
const readFactor = 2

const prepare = (release: PreparedRelease, outcomes: Outcomes): Evaluating => {
  const { candidate } = release
  const live = plansOf(release, release.live)
  const later = candidate && plansOf(release, candidate)
  const plans = [live, ...(later ? [later] : [])]
  const flags = [release.live, ...(candidate ? [candidate] : [])].map((one) => Object.keys(one.flags ?? {}))
  const keys = new Set([...plans.flatMap((one) => [...one.keys()]), ...flags.flat()])
  const changing = later ? [...keys].filter((key) => !equalPlans(live.get(key), later.get(key))) : []
  return { live, candidate: later, keys: [...keys], changing: new Set(changing), outcomes }
}

const plansOf = (release: PreparedRelease, given: Evaluable): Plans => {
  release.weight.grow(dataOf(release, given).length * readFactor)
  return new Map(planKeys(configOf(release, given)).map((plan) => [plan.key, plan]))
}
