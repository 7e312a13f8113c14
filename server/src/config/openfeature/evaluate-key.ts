import type { JsonValue } from '../../../../contract/json.ts'
import type { Flag } from '../../../../contract/targeting.ts'
import type { DeliveryRules, PreparedRelease } from '../delivery/prepare.ts'
import type { Resolved } from '../delivery/resolve.ts'
import { evaluatingOf } from './answers-of-release.ts'
import { isSplit, type KeyPlan } from './key-plans.ts'
import { lay } from './variants-of-key.ts'

type Metadata = NonNullable<Flag['metadata']>

/** One flag, evaluated, as OFREP tells it. Without a value the default of the code that asks counts. */
export type EvaluatedFlag =
  | { key: string; reason: string; variant?: string; value?: JsonValue; metadata: Metadata }
  | { key: string; errorCode: string; errorDetails: string; metadata: Metadata }

/** Whose flag it is. */
export const ownerOf = ({ appId, channel }: PreparedRelease): Metadata => ({ appId, channel })

/** The same, with the release that an answer comes from, and the attributes that could not be read. */
export const metadataOf = (
  release: PreparedRelease,
  { given }: Resolved,
  warnings: readonly string[],
): Metadata => ({
  ...ownerOf(release),
  ...{ revision: given.revision, configVersion: given.said.configVersion },
  // Metadata holds no lists.
  ...(warnings.length > 0 && { warnings: warnings.join(',') }),
})

/**
 * What a device gets of one flag: of the document's own as flagd evaluates it, and else of a key of data. Undefined where no
 * device gets anything under this name. `metadata` is what is told of each flag.
 */
export const evaluateKey = (
  release: PreparedRelease,
  resolved: Resolved,
  rules: DeliveryRules,
  key: string,
  metadata: Metadata,
): EvaluatedFlag | undefined => {
  const { live, candidate, changing } = evaluatingOf(release, rules)
  const { given, isCandidate, matched } = resolved
  const flag = given.flags && Object.hasOwn(given.flags, key) ? given.flags[key] : undefined
  if (flag) return flagdAnswer(key, flag, resolved, { ...metadata, ...flag.metadata })
  const plan = (isCandidate ? candidate : live)?.get(key)
  if (plan) {
    const rollout = changing.has(key) ? (isCandidate ? 'inside' : 'outside') : undefined
    return { key, ...choose(plan, matched, rollout), metadata }
  }
  const other = isCandidate ? release.live : release.candidate
  const isOfOthers =
    (isCandidate ? live : candidate)?.has(key) || (other?.flags && Object.hasOwn(other.flags, key))
  return isOfOthers ? { key, reason: 'DEFAULT', metadata } : undefined
}

const flagdAnswer = (key: string, flag: Flag, { flags }: Resolved, metadata: Metadata): EvaluatedFlag => {
  const result = flags?.[key]
  if (flag.state === 'DISABLED' || !result) return { key, reason: 'DISABLED', metadata }
  const { value, variant, reason, errorCode } = result
  if (errorCode) return { key, errorCode, errorDetails: failures[errorCode] ?? failures.GENERAL, metadata }
  return {
    ...{ key, reason },
    ...(variant !== undefined && { variant }),
    ...(value !== undefined && { value }),
    metadata,
  }
}

const failures: Readonly<Record<string, string>> & { GENERAL: string } = {
  PARSE_ERROR: 'The rule of this flag cannot be read.',
  GENERAL: 'The rule of this flag fails for this context, or leads to a variant that the flag does not have.',
}

/** The last override that touches a key names what is answered, and its percentage, or that of a rollout, is why. */
const choose = (plan: KeyPlan, matched: readonly number[], rollout: 'inside' | 'outside' | undefined) => {
  const { base, patches } = plan
  const laid = patches.filter(({ place }) => matched.includes(place))
  const value = laid.reduce<JsonValue | undefined>(lay, base)
  if (value === undefined || value === null) return { reason: 'DEFAULT' }
  const last = laid.at(-1)?.override
  const isStatic = patches.length === 0 && rollout === undefined
  const hasPercentage = rollout === 'inside' || (last !== undefined && isSplit(last))
  return {
    reason: isStatic ? 'STATIC' : hasPercentage ? 'SPLIT' : 'TARGETING_MATCH',
    variant: last?.name ?? 'default',
    value,
  }
}
