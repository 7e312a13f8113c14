import type { SaveWarning } from '../../../../contract/config.ts'
import { problemOf } from '../../../../contract/problems.ts'
import type { Attributes } from '../../../../contract/targeting.ts'
import { checkRules } from '../targeting/check-rules.ts'
import type { Content } from './choose-version.ts'

/** More than these tell nobody more. */
const mostErrors = 20

/**
 * Those of the declared attributes that the rules of a version ask for, and what is worth a second look. Throws 422
 * (invalid_rule) with the place of each rule that cannot be used.
 */
export const vetRules = (
  { overrides, flags }: Pick<Content, 'overrides' | 'flags'>,
  declared: Attributes,
): { attributes: Attributes; warnings: SaveWarning[] } => {
  if (!overrides && !flags) return { attributes: {}, warnings: [] }
  const { errors, warnings, used } = checkRules({ overrides, flags }, declared)
  if (errors.length > 0) throw problemOf(errors.slice(0, mostErrors))
  const asked = Object.entries(declared).filter(([name]) => used.includes(name))
  return {
    attributes: Object.fromEntries(asked),
    warnings: warnings.map(({ pointer = '', detail }) => ({ pointer, code: 'invalid_rule', detail })),
  }
}

/** What may be asked for where these declare attributes, the app first and then the templates above it: the nearest counts. */
export const declaredBy = (chain: readonly (Attributes | null)[]): Attributes =>
  Object.fromEntries(chain.toReversed().flatMap((attributes) => Object.entries(attributes ?? {})))
