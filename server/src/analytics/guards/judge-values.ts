import type { PrometheusGuard } from '../../../../contract/guard.ts'
import type { Measured } from './ask-prometheus.ts'

/** What such a guard remembers. */
export interface Watched {
  /** Milliseconds since 1970: worse without a break since then; null while it is not. */
  worseSince: number | null
}

export interface ValueJudgement {
  decision: 'go' | 'hold' | 'rollback'
  reason: string
  value: number | null
  watched: Watched
}

/**
 * What the answer to a query says of going on. Without an answer the rollout is held, because nobody knows; without a value, as of
 * something that did not happen, only as long as it may be held.
 */
export const judgeValues = (
  guard: PrometheusGuard,
  before: Watched,
  measured: Measured,
  { now, waitedSeconds }: { now: number; waitedSeconds: number },
): ValueJudgement => {
  const say = (decision: ValueJudgement['decision'], reason: string, value: number | null = null) => ({
    decision,
    reason,
    value,
    watched: { worseSince: null },
  })
  if ('problem' in measured) return { ...say('hold', measured.problem), watched: before }
  const value = worstOf(guard, measured.values)
  if (value === undefined) {
    if (waitedSeconds < guard.maxHoldSeconds) return say('hold', 'the query gives no value')
    return say('go', `goes on after ${guard.maxHoldSeconds} s without a value`)
  }
  const isWorse = guard.worse === 'above' ? value > guard.threshold : value < guard.threshold
  const bound = `${guard.worse} ${guard.threshold}`
  if (!isWorse) return say('go', `is not ${bound}`, value)
  const worseSince = before.worseSince ?? now
  const isLong = now - worseSince >= guard.forSeconds * 1_000
  const judged = isLong
    ? say('rollback', `${value} is ${bound}, for ${guard.forSeconds} s or longer`, value)
    : say('hold', `is ${bound}, not for long yet`, value)
  return { ...judged, watched: { worseSince } }
}

const worstOf = ({ worse }: PrometheusGuard, values: readonly number[]): number | undefined => {
  if (values.length === 0) return undefined
  // Not by spreading: there may be as many as fit into an answer.
  return values.reduce((worst, value) =>
    worse === 'above' ? Math.max(worst, value) : Math.min(worst, value),
  )
}
