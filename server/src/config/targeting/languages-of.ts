import type { Effective } from '../effective.ts'
import { canonicalTag } from './read-languages.ts'

const comparisons = ['==', '!=', '===', '!==', 'in', 'starts_with']

/** The languages that the rules of a config compare `{"var": "language"}` with: by canonical tag, as the rules write them. */
export const languagesOf = ({
  overrides = [],
  flags = {},
}: Pick<Effective, 'overrides' | 'flags'>): ReadonlyMap<string, string> => {
  const languages = new Map<string, string>()
  const walk = (part: unknown): void => {
    if (typeof part !== 'object' || part === null) return
    for (const [operation, operands] of Object.entries(part)) {
      if (comparisons.includes(operation) && Array.isArray(operands) && operands.some(isLanguage)) {
        for (const text of operands.flat()) {
          const tag = typeof text === 'string' ? canonicalTag(text) : undefined
          if (tag !== undefined) languages.set(tag, text)
        }
      }
      walk(operands)
    }
  }
  // What is off takes no device away from what is on.
  walk(overrides.filter(({ rollout = 100 }) => rollout > 0).map(({ when }) => when))
  walk(Object.values(flags).map(({ state, targeting }) => (state === 'ENABLED' ? targeting : undefined)))
  return languages
}

/** `{"var": "language"}`, with or without what to take where there is none. */
export const isLanguage = (part: unknown): boolean => {
  if (typeof part !== 'object' || part === null || !Object.hasOwn(part, 'var')) return false
  const name = Reflect.get(part, 'var')
  return (Array.isArray(name) ? name[0] : name) === 'language'
}
