import { sinceExponential } from './exponential.ts'
import { type Distribution, keyOfAttributes, type Metric } from './metric.ts'

/**
 * Turns sums since the start into sums since the metric was last given (delta temporality): what some intakes take alone. Points
 * of which nothing was counted meanwhile are left out.
 */
export const sinceLastTime = (): ((metric: Metric) => Metric) => {
  const numbers = new Map<string, number>()
  const distributions = new Map<string, Distribution>()
  return (metric) => {
    const keyOf = (attributes: Parameters<typeof keyOfAttributes>[0]): string =>
      `${metric.name} ${keyOfAttributes(attributes)}`
    if (metric.kind === 'histogram') {
      const points = metric.points.map(({ attributes, value }) => {
        const before = distributions.get(keyOf(attributes))
        distributions.set(keyOf(attributes), value)
        return { attributes, value: before ? distributionSince(value, before) : value }
      })
      return { ...metric, points: points.filter(({ value }) => value.count > 0) }
    }
    const points = metric.points.map(({ attributes, value }) => {
      const before = numbers.get(keyOf(attributes)) ?? 0
      numbers.set(keyOf(attributes), value)
      // Who counts may have begun anew.
      return { attributes, value: value < before ? value : value - before }
    })
    return { ...metric, points: points.filter(({ value }) => value > 0) }
  }
}

const distributionSince = (now: Distribution, before: Distribution): Distribution => ({
  bounds: now.bounds,
  counts: now.counts.map((count, index) => count - (before.counts[index] ?? 0)),
  count: now.count - before.count,
  sum: now.sum - before.sum,
  ...(now.exponential &&
    before.exponential && { exponential: sinceExponential(now.exponential, before.exponential) }),
})
