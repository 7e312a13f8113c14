import { type Applied, retrySeconds } from './take-all.ts'

/** The two fields of draft-ietf-httpapi-ratelimit-headers-11, as values. */
export type RateLimitHeaders = {
  'ratelimit-policy': string
  ratelimit: string
}

/** What an answer tells of the first `count` limits, which it came under: one or more. */
export const rateLimitHeaders = (
  applied: readonly Applied[],
  count: number,
  nowMs: number,
): RateLimitHeaders => {
  let policies = ''
  let left = ''
  for (let index = 0; index < count; index += 1) {
    const { limiter, bucket, verdict } = applied[index] as Applied
    policies = limiter.text.addItem(policies)
    left =
      verdict === 'refused'
        ? // Retry-After must not be earlier than this.
          limiter.text.addLeft(left, 0, retrySeconds(bucket, nowMs))
        : limiter.text.addLeft(left, limiter.remaining(bucket, nowMs), limiter.resetSeconds())
  }
  return { 'ratelimit-policy': policies, ratelimit: left }
}
