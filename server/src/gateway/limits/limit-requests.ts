import type { FeedLimit } from '../../../../contract/gateway-feed.ts'
import { Problem } from '../../../../contract/problems.ts'
import { within } from '../../platform/within.ts'
import { BucketMemory } from './buckets.ts'
import { type Candidate, compileLimits, noLimits, type PolicyChoice } from './compile-limits.ts'
import { countDecisions, type Decisions } from './count-decisions.ts'
import type { PolicyLimiter } from './limit-policy.ts'
import { type RateLimitHeaders, rateLimitHeaders } from './rate-limit-headers.ts'
import type { Sharing } from './sharing.ts'
import { type Applied, askAll, retrySeconds, takeAll } from './take-all.ts'

/** What limits look at. */
export interface Asked {
  /** The class of the route, as limits name it. */
  routeClass: string
  method: string
  keyId?: string | undefined
  appId?: string | undefined
  /** The client's address; of IPv6 the /64. Missing where it is not known: then nothing is counted for it. */
  prefix?: string | undefined
  /** The time, where it was looked at just now: each look at a clock costs as much as all else here. */
  nowMs?: number | undefined
}

/** What answers to these requests tell; undefined where no limit counts. */
export type Limited = RateLimitHeaders | undefined

export interface RequestLimits {
  /** Counts a request. Throws 429, or rejects with it, where a limit refuses. */
  admit(asked: Asked): Limited | Promise<Limited>
  /** Throws 429 where the client's address has no more to take, and counts nothing: for requests of which no more is known yet. */
  refuseAddress(asked: Omit<Asked, 'keyId'>): void
  /** From now on these count. */
  update(limits: readonly FeedLimit[]): void
  /** How many are remembered, and for metrics what was decided. */
  counters(): { clients: number; admitted: number; refused: number; sharedFailures: number }
  /** What each policy decided since the start, by its name. */
  decisions(): ReadonlyMap<string, Decisions>
  /** How shared limits are counted now: by all gateways together, or by each its part while Redis is away; undefined without Redis. */
  counting(): 'together' | 'apart' | undefined
  /** Gives back what all gateways share and this one has not used; for as long as that may take. */
  close(): Promise<void>
}

interface LimitOptions {
  /** The counts over all gateways; absent: this process counts alone. */
  sharing: Sharing | undefined
  now?: () => number
}

/** Clients remembered, over all limits: some 300 bytes each. */
const clientsMost = 200_000
const sweepMs = 50
const giveBackMs = 1_000

/** Holds requests to the limits. */
export const limitRequests = ({ sharing, now = () => performance.now() }: LimitOptions): RequestLimits => {
  const memory = new BucketMemory(clientsMost)
  let table = noLimits
  let [admitted, refused] = [0, 0]
  const decisions = countDecisions()
  /** Filled anew for each request, as nearly all are decided before the next one comes. */
  const applied: Applied[] = []
  const timer = setInterval(() => {
    for (const limiter of table.limiters) limiter.sweep(now())
  }, sweepMs)
  timer.unref()

  /** Notes the limits that a request comes under, and answers how many they are. */
  const apply = (choices: readonly PolicyChoice[], asked: Asked, nowMs: number): number => {
    let count = 0
    for (let index = 0; index < choices.length; index += 1) {
      const { per, cost, candidates } = choices[index] as PolicyChoice
      const client = clientOf(per, asked)
      const amount = typeof cost === 'number' ? cost : (cost[asked.method as keyof typeof cost] ?? 1)
      if (client === undefined || amount === 0) continue
      const limiter = limiterFor(candidates, asked)
      if (limiter === undefined) continue
      const bucket = limiter.bucketOf(client, nowMs)
      // Nothing can cost more than all there is.
      applied[count] = { limiter, bucket, cost: Math.min(amount, limiter.policy.quota), verdict: 'unknown' }
      count += 1
    }
    return count
  }
  const conclude = (those: readonly Applied[], count: number, isAdmitted: boolean, nowMs: number) => {
    const headers = rateLimitHeaders(those, count, nowMs)
    if (!isAdmitted) {
      refused += 1
      for (const { verdict, limiter } of those.slice(0, count))
        if (verdict === 'refused') limiter.decisions.refused += 1
      throw overLimit(those.slice(0, count), headers, nowMs)
    }
    admitted += 1
    return headers
  }

  return {
    admit(asked) {
      const choices = table.choicesFor(asked.routeClass)
      if (choices.length === 0) return undefined
      const { nowMs = now() } = asked
      const count = apply(choices, asked, nowMs)
      if (count === 0) return undefined
      const isAdmitted = takeAll(applied, count, nowMs)
      if (isAdmitted !== undefined) return conclude(applied, count, isAdmitted, nowMs)
      const own = applied.slice(0, count)
      return askAll(own, now).then((isFree) => conclude(own, count, isFree, now()))
    },
    refuseAddress(asked) {
      const choices = table.choicesFor(asked.routeClass).filter(({ per }) => per === 'ip')
      const nowMs = now()
      const count = apply(choices, asked, nowMs)
      for (const one of applied.slice(0, count)) one.verdict = one.limiter.judge(one.bucket, one.cost, nowMs)
      const isRefused = applied.slice(0, count).some(({ verdict }) => verdict === 'refused')
      if (isRefused) conclude(applied, count, false, nowMs)
    },
    update(limits) {
      const before = table.limiters
      table = compileLimits(limits, table, { sharing, now, memory })
      const kept = new Set(table.limiters)
      decisions.retire(before.filter((limiter) => !kept.has(limiter)))
    },
    counters: () => ({
      clients: table.limiters.reduce((sum, limiter) => sum + limiter.size(), 0),
      admitted,
      refused,
      sharedFailures: sharing?.failures() ?? 0,
    }),
    decisions: () => decisions.all(table.limiters),
    counting: () => sharing && (sharing.isToldApart() ? 'apart' : 'together'),
    async close() {
      clearInterval(timer)
      const given = Promise.all(table.limiters.map((limiter) => limiter.giveBack()))
      await within(giveBackMs, 'giving back what was not used of limits', given)
    },
  }
}

const limiterFor = (candidates: readonly Candidate[], { keyId, appId }: Asked): PolicyLimiter | undefined => {
  for (let index = 0; index < candidates.length; index += 1) {
    const { limiter, keyIds, appIds } = candidates[index] as Candidate
    if (fits(keyIds, keyId) && fits(appIds, appId)) return limiter
  }
  return undefined
}

const fits = (those: ReadonlySet<string> | null, one: string | undefined): boolean =>
  those === null || (one !== undefined && those.has(one))

/** Nothing longer is an app: whoever invents names must not fill the memory with them. */
const longestAppId = 128

const clientOf = (
  per: PolicyChoice['per'],
  { keyId, appId, prefix, routeClass }: Asked,
): string | undefined => {
  if (per === 'ip') return prefix
  if (per === 'key') return keyId
  if (per === 'route') return routeClass
  return appId === undefined || appId.length > longestAppId ? undefined : appId
}

const overLimit = (applied: readonly Applied[], headers: RateLimitHeaders, nowMs: number): Problem => {
  const violated = applied.filter(({ verdict }) => verdict === 'refused')
  const names = violated.map(({ limiter }) => limiter.policy.name)
  const seconds = Math.max(...violated.map(({ bucket }) => retrySeconds(bucket, nowMs)))
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
