import type { JsonValue } from '../../../../contract/json.ts'
import type { Flag, Rule } from '../../../../contract/targeting.ts'
import { type Choice, type Choosing, choose } from './variants-of-key.ts'

/** A flag as flagd reads it; undefined where no device ever gets a value. */
export const writeFlag = (
  { variants, choice, mayLack }: Choosing,
  metadata?: Flag['metadata'],
): Flag | undefined => {
  const [first] = Object.keys(variants)
  if (first === undefined) return undefined
  return {
    state: 'ENABLED',
    variants,
    // Where a rule gives null, flagd takes the default of the code that asks, but only for a flag that has none itself.
    defaultVariant: mayLack ? null : first,
    ...(isRule(choice) && { targeting: choice }),
    ...(metadata && { metadata }),
  }
}

/** One that devices of a rollout get by the one, all others by the other. */
export const chooseBetween = (isInside: Rule, inside: Choosing, outside: Choosing): Choosing => ({
  variants: { ...outside.variants, ...inside.variants },
  choice: choose([isInside, inside.choice], outside.choice),
  mayLack: inside.mayLack || outside.mayLack,
})

/** A flag of a document as one choice, with `suffix` at the names of its variants. */
export const choosingOf = (flag: Flag, suffix: string): Choosing => {
  if (flag.state === 'DISABLED') return { variants: {}, choice: null, mayLack: true }
  const variants = Object.entries(flag.variants).map(([name, value]) => [
    `${name}${suffix}`,
    value as JsonValue,
  ])
  return { variants: Object.fromEntries(variants), choice: choiceOf(flag, suffix), mayLack: true }
}

const choiceOf = ({ defaultVariant, targeting }: Flag, suffix: string): Choice => {
  const standard = defaultVariant ? `${defaultVariant}${suffix}` : null
  if (!targeting || Object.keys(targeting).length === 0) return standard
  const named = suffix === '' ? targeting : { cat: [targeting, suffix] }
  return choose([{ '===': [targeting, null] }, standard], named)
}

const isRule = (choice: Choice): choice is Rule => typeof choice === 'object' && choice !== null
