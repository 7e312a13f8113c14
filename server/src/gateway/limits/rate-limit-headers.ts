import type { Policy } from './policy.ts'
import type { Standing } from './take-all.ts'

/** A policy as a member of RateLimit-Policy. */
export const policyItem = ({ name, quota, windowMs }: Policy): string =>
  `"${name}";q=${quota};w=${windowMs / 1_000}`

/** The two fields of draft-ietf-httpapi-ratelimit-headers-10, as values. */
export interface RateLimitHeaders {
  'ratelimit-policy': string
  ratelimit: string
}

/** What an answer tells of the limits it came under; `standings` are one or more. */
export const rateLimitHeaders = (standings: readonly Standing[]): RateLimitHeaders => {
  let policies = ''
  let left = ''
  for (const { applied, remaining, resetSeconds } of standings) {
    const comma = policies === '' ? '' : ', '
    policies += comma + applied.item
    left += `${comma}"${applied.limiter.policy.name}";r=${remaining};t=${resetSeconds}`
  }
  return { 'ratelimit-policy': policies, ratelimit: left }
}
