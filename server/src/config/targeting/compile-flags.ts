import type { JsonValue } from '../../../../contract/json.ts'
import type { Flag } from '../../../../contract/targeting.ts'
import { attributesOf, isOfFlagd } from './attributes-of.ts'
import { openFlag } from './evaluate-with-flagd.ts'
import type { Question } from './outcome-tables.ts'
import type { Values } from './rule-values.ts'

/** What a flag is for a context, in flagd's words. Without a variant the code's default counts. */
export interface FlagResult {
  value?: JsonValue
  variant?: string
  reason: string
  /** PARSE_ERROR or GENERAL, and no value. */
  errorCode?: string
  metadata?: Flag['metadata']
}

export interface CompiledFlag extends Question {
  key: string
  names: ReadonlySet<string>
  computed: boolean
  /** Asks what time it is, or may. */
  isTimed: boolean
  /** By the answer. */
  results: readonly FlagResult[]
}

/** The flags that are enabled: others are not there for clients. */
export const compileFlags = (flags: Readonly<Record<string, Flag>>): readonly CompiledFlag[] =>
  Object.entries(flags)
    .filter(([, flag]) => flag.state === 'ENABLED')
    .map(([key, flag]) => compileFlag(key, flag))

const compileFlag = (key: string, flag: Flag): CompiledFlag => {
  const { names, computed } = attributesOf(flag.targeting)
  const results: FlagResult[] = []
  const places = new Map<string, number>()
  const evaluate = openOrFail(key, flag)
  const isTimed = computed || [...names].some((name) => isOfFlagd(name) && name !== '$flagd.flagKey')
  return {
    ...{ key, names, computed, isTimed, results },
    // What asks for the time has another answer next time.
    attributes: isTimed ? undefined : [...names].sort(),
    answer(values) {
      const result = evaluate(values)
      const outcome = `${result.reason} ${result.errorCode} ${result.variant}`
      const known = places.get(outcome)
      if (known !== undefined) return known
      places.set(outcome, results.length)
      return results.push(result) - 1
    },
  }
}

const openOrFail = (key: string, flag: Flag): ((values: Values) => FlagResult) => {
  const metadata = flag.metadata && Object.keys(flag.metadata).length > 0 && { metadata: flag.metadata }
  const failed = (errorCode: string): FlagResult => ({ reason: 'ERROR', errorCode, ...metadata })
  // flagd refuses a definition with such a flag as a whole.
  if (flag.defaultVariant && !Object.hasOwn(flag.variants, flag.defaultVariant)) {
    return () => failed('PARSE_ERROR')
  }
  const evaluate = openFlag(key, flag)
  return (values) => {
    try {
      const { value, variant, reason, errorCode } = evaluate(values)
      if (reason === 'ERROR') return failed(errorCode ?? 'GENERAL')
      return {
        ...(value !== undefined && { value: value as JsonValue }),
        ...(variant !== undefined && { variant }),
        ...{ reason, ...metadata },
      }
    } catch {
      return failed('GENERAL')
    }
  }
}
