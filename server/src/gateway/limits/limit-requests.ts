import type { FeedLimit } from '../../../../contract/gateway-feed.ts'
import { Problem } from '../../../../contract/problems.ts'
import { type Candidate, compileLimits, noLimits, type PolicyChoice } from './compile-limits.ts'
import { type RateLimitHeaders, rateLimitHeaders } from './rate-limit-headers.ts'
import type { Sharing } from './sharing.ts'
import { type Applied, type Decision, type Standing, takeAll } from './take-all.ts'

/** What limits look at. */
export interface Asked {
  /** The class of the route, as limits name it. */
  routeClass: string
  method: string
  keyId?: string | undefined
  appId?: string | undefined
  /** The client's address; of IPv6 the /64. Missing where it is not known: then nothing is counted for it. */
  prefix?: string | undefined
}

/** What answers to these requests tell; undefined where no limit counts. */
export type Limited = RateLimitHeaders | undefined

export interface RequestLimits {
  /** Counts a request. Throws 429, or rejects with it, where a limit refuses. */
  admit(asked: Asked): Limited | Promise<Limited>
  /** From now on these count. */
  update(limits: readonly FeedLimit[]): void
  /** How many are remembered, and for metrics what was decided. */
  counters(): { clients: number; admitted: number; refused: number; sharedFailures: number }
  /** How shared limits are counted now: by all gateways together, or by each its part while Redis is away; undefined without Redis. */
  counting(): 'together' | 'apart' | undefined
  close(): void
}

interface LimitOptions {
  /** The counts over all gateways; absent: this process counts alone. */
  sharing: Sharing | undefined
  now?: () => number
}

const clientsMost = 200_000
const sweepMs = 50

/** Holds requests to the limits. */
export const limitRequests = ({ sharing, now = () => performance.now() }: LimitOptions): RequestLimits => {
  let table = noLimits
  let [admitted, refused] = [0, 0]
  const timer = setInterval(() => {
    for (const limiter of table.limiters) limiter.sweep(now())
  }, sweepMs)
  timer.unref()

  const conclude = ({ standings, isRefused }: Decision): RateLimitHeaders => {
    const headers = rateLimitHeaders(standings)
    if (isRefused) {
      refused += 1
      throw overLimit(standings, headers)
    }
    admitted += 1
    return headers
  }

  return {
    admit(asked) {
      const applied = apply(table.choicesFor(asked.routeClass), asked)
      if (applied.length === 0) return undefined
      const decision = takeAll(applied, now)
      return decision instanceof Promise ? decision.then(conclude) : conclude(decision)
    },
    update(limits) {
      table = compileLimits(limits, table, { sharing, now, clientsMost })
    },
    counters: () => ({
      clients: table.limiters.reduce((sum, limiter) => sum + limiter.size(), 0),
      admitted,
      refused,
      sharedFailures: sharing?.failures() ?? 0,
    }),
    counting: () => sharing && (sharing.isToldApart() ? 'apart' : 'together'),
    close: () => clearInterval(timer),
  }
}

/** The limits that a request comes under. */
const apply = (choices: readonly PolicyChoice[], asked: Asked): Applied[] => {
  const applied: Applied[] = []
  for (const { per, cost, candidates } of choices) {
    const client = clientOf(per, asked)
    const amount = typeof cost === 'number' ? cost : (cost[asked.method as keyof typeof cost] ?? 1)
    if (client === undefined || amount === 0) continue
    const chosen = firstFor(candidates, asked)
    if (!chosen) continue
    const { limiter, item } = chosen
    // Nothing can cost more than all there is.
    applied.push({ limiter, item, client, cost: Math.min(amount, limiter.policy.quota) })
  }
  return applied
}

const firstFor = (candidates: readonly Candidate[], { keyId, appId }: Asked): Candidate | undefined => {
  for (const one of candidates) if (fits(one.keyIds, keyId) && fits(one.appIds, appId)) return one
  return undefined
}

const fits = (those: ReadonlySet<string> | null, one: string | undefined): boolean =>
  those === null || (one !== undefined && those.has(one))

const clientOf = (
  per: PolicyChoice['per'],
  { keyId, appId, prefix, routeClass }: Asked,
): string | undefined => {
  if (per === 'ip') return prefix
  if (per === 'key') return keyId
  return per === 'app' ? appId : routeClass
}

const overLimit = (standings: readonly Standing[], headers: RateLimitHeaders): Problem => {
  const violated = standings.filter(({ isViolated }) => isViolated)
  const names = violated.map(({ applied }) => applied.limiter.policy.name)
  const seconds = Math.max(...violated.map(({ retryAfterSeconds }) => retryAfterSeconds))
  return new Problem('rate_limited', {
    detail: `More was asked for than ${names.join(' and ')} allow${names.length === 1 ? 's' : ''}. Ask again in ${seconds} s, and wait as Retry-After says.`,
    headers: { ...headers, 'retry-after': String(seconds) },
    // As draft-ietf-httpapi-ratelimit-headers has it.
    members: {
      type: 'https://iana.org/assignments/http-problem-types#quota-exceeded',
      'violated-policies': names,
    },
  })
}
