import type { FeedLimit } from '../../../../contract/gateway-feed.ts'
import type { BucketMemory } from './buckets.ts'
import { PolicyLimiter } from './limit-policy.ts'
import { countsAlike, type Policy } from './policy.ts'
import type { Sharing } from './sharing.ts'

/** A limit and whom it is for. */
export interface Candidate {
  limiter: PolicyLimiter
  keyIds: ReadonlySet<string> | null
  appIds: ReadonlySet<string> | null
}

/** The limits of one name: the first that fits a request is the one for it. */
export interface PolicyChoice {
  per: FeedLimit['per']
  cost: FeedLimit['cost']
  candidates: readonly Candidate[]
}

/** What counts for each class of routes. */
export interface LimitTable {
  /** Of a class that no limit names: those for any. */
  choicesFor(routeClass: string): readonly PolicyChoice[]
  limiters: readonly PolicyLimiter[]
}

interface CompileOptions {
  sharing: Sharing | undefined
  now: () => number
  memory: BucketMemory
}

/** A limiter stays while it counts in the same way, so that a change forgets nothing, neither of this limit nor of the others. */
export const compileLimits = (
  limits: readonly FeedLimit[],
  before: LimitTable,
  options: CompileOptions,
): LimitTable => {
  const kept = new Map(before.limiters.map((limiter) => [limiter.policy.id, limiter]))
  const limiterOf = (policy: Policy): PolicyLimiter => {
    const known = kept.get(policy.id)
    if (!known || !countsAlike(known.policy, policy)) return new PolicyLimiter(policy, options)
    if (known.policy.quota !== policy.quota) known.setQuota(policy.quota)
    return known
  }
  const limiters: PolicyLimiter[] = []
  const choices = new Map<string, { routeClass: string; choice: PolicyChoice; candidates: Candidate[] }>()
  for (const limit of limits) {
    const limiter = limiterOf(policyOf(limit))
    limiters.push(limiter)
    const candidate = {
      limiter,
      keyIds: limit.keyIds && new Set(limit.keyIds),
      appIds: limit.appIds && new Set(limit.appIds),
    }
    const known = choices.get(limit.policy)
    if (known) known.candidates.push(candidate)
    else {
      const candidates = [candidate]
      const { per, cost, routeClass } = limit
      choices.set(limit.policy, { routeClass, choice: { per, cost, candidates }, candidates })
    }
  }
  return { choicesFor: byClass([...choices.values()]), limiters }
}

export const noLimits: LimitTable = { choicesFor: () => [], limiters: [] }

/** The window is part of where it is counted: counts of another one would be read wrongly. */
const policyOf = ({ name, policy, quota, windowSeconds, mode }: FeedLimit): Policy => ({
  name: policy,
  id: `${name}:${windowSeconds}`,
  quota,
  windowMs: windowSeconds * 1_000,
  mode,
})

const byClass = (all: readonly { routeClass: string; choice: PolicyChoice }[]): LimitTable['choicesFor'] => {
  const forAny = all.filter(({ routeClass }) => routeClass === 'any').map(({ choice }) => choice)
  const named = new Map<string, readonly PolicyChoice[]>()
  for (const { routeClass } of all) {
    const choices = all.filter((one) => one.routeClass === routeClass || one.routeClass === 'any')
    named.set(
      routeClass,
      choices.map(({ choice }) => choice),
    )
  }
  return (routeClass) => named.get(routeClass) ?? forAny
}
