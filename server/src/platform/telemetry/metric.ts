/** What tells the points of a metric apart; few values each, so never the id of an app, a device or a key. */
export type Attributes = Readonly<Record<string, string | number>>

/** A metric as OpenTelemetry names it: dots in the name, units by UCUM (`s`, `By`, `{request}`). */
export interface About {
  name: string
  unit: string
  description: string
}

/** `counter` only grows, `updown` is a sum that also falls, `gauge` is no sum: an age, a share. */
export type NumberKind = 'counter' | 'updown' | 'gauge'

export interface NumberPoint {
  attributes: Attributes
  value: number
}

/** Buckets of a base-2 exponential histogram (OpenTelemetry's data model): that of index i ends at 2 ** ((i + 1) / 2 ** scale). */
export interface ExponentialBuckets {
  scale: number
  /** Values that are 0 or less. */
  zeroCount: number
  /** Count by index. */
  counts: ReadonlyMap<number, number>
}

/** Values by size. `counts` has one more than `bounds`, each of which is the largest value of its bucket. */
export interface Distribution {
  bounds: readonly number[]
  counts: readonly number[]
  count: number
  sum: number
  /** Only where they were asked for. */
  exponential?: ExponentialBuckets
}

export interface DistributionPoint {
  attributes: Attributes
  value: Distribution
}

/** A metric with all its points, as it is at this moment; sums count from the start of the process. */
export type Metric = About &
  ({ kind: NumberKind; points: NumberPoint[] } | { kind: 'histogram'; points: DistributionPoint[] })

/** The same text for the same attributes, whatever their order. */
export const keyOfAttributes = (attributes: Attributes): string =>
  JSON.stringify(Object.entries(attributes).sort(([left], [right]) => (left < right ? -1 : 1)))
