import { mergeDistributions } from './distribution.ts'
import {
  type DistributionPoint,
  keyOfAttributes,
  type Metric,
  type NumberKind,
  type NumberPoint,
} from './metric.ts'

/**
 * Those of one name as one metric, in the order of their names; points of the same attributes become one, because whoever reads
 * takes two for a mistake. Metrics without a point are left out.
 */
export const joinMetrics = (metrics: readonly Metric[]): Metric[] => {
  const byName = Map.groupBy(
    metrics.filter(({ points }) => points.length > 0),
    ({ name }) => name,
  )
  return [...byName.values()].map(joined).sort((left, right) => (left.name < right.name ? -1 : 1))
}

const joined = (metrics: readonly Metric[]): Metric => {
  const [first] = metrics as [Metric]
  if (first.kind === 'histogram') {
    const points = metrics.flatMap((metric) => (metric.kind === 'histogram' ? metric.points : []))
    return { ...first, points: joinPoints(points, addDistributions) }
  }
  const points = metrics.flatMap((metric) => (metric.kind === 'histogram' ? [] : metric.points))
  return { ...first, points: joinPoints(points, addNumbers(first.kind)) }
}

const joinPoints = <Point extends NumberPoint | DistributionPoint>(
  points: readonly Point[],
  add: (left: Point, right: Point) => Point,
): Point[] => {
  const byAttributes = new Map<string, Point>()
  for (const point of points) {
    const key = keyOfAttributes(point.attributes)
    const before = byAttributes.get(key)
    byAttributes.set(key, before ? add(before, point) : point)
  }
  return [...byAttributes.values()]
}

const addDistributions = (left: DistributionPoint, right: DistributionPoint): DistributionPoint => ({
  attributes: left.attributes,
  value: mergeDistributions(left.value, right.value),
})

/** Of two ages or shares the worse one counts. */
const addNumbers =
  (kind: NumberKind) =>
  (left: NumberPoint, right: NumberPoint): NumberPoint => ({
    attributes: left.attributes,
    value: kind === 'gauge' ? Math.max(left.value, right.value) : left.value + right.value,
  })
