import { dayRange, monthRange, type PartitionRange } from '../../platform/database/partitions.ts'

/** How long a time one row of the rollups is for, the finest first. All begin with those of UTC. */
export const levels = ['minute', 'hour', 'day'] as const
export type Level = (typeof levels)[number]

export const lengthMs = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const satisfies Record<
  Level,
  number
>

/** The beginning of the minute, hour or day that a moment (ms since 1970) is in. */
export const startOf = (level: Level, at: number): number =>
  Math.floor(at / lengthMs[level]) * lengthMs[level]

export const tableOf = <L extends Level>(level: L) => `rollups_${level}` as const

/** Days are few and small; minutes and hours are dropped by the day. */
export const partitionOf = (level: Level, at: number): PartitionRange =>
  (level === 'day' ? monthRange : dayRange)(new Date(at))
