import { placeOf } from '../../platform/buckets/in-percentage.ts'
import { rolloutOrder } from '../../platform/buckets/is-in-rollout.ts'
import { bucketCount, type Sides } from './evidence.ts'

/**
 * What a guard has learned of a rollout so far. `observe` adds evidence to it, `judge` decides by it.
 *
 * Of each bucket only the first harm counts. Which buckets are inside was drawn by lot, so if the release changes nothing, the next
 * bucket to have its first harm is inside with the probability n/N: n of the N buckets that had none yet are. That holds
 * whatever devices there are, however often some of them fail, at what time of the day, and however slowly they fetch. For each
 * ratio of a list the likelihood of what was seen is kept, in which harm is that many times as frequent inside.
 */
export interface Trial {
  rolloutId: number
  /** In which place the rollout takes each bucket. */
  places: Uint16Array
  /** A ratio of harm that is still no harm: 1 + margin, or 1 / (1 + margin) where fewer is worse. */
  limit: number
  /** Of the buckets' first harms: begun anew when half of all have had theirs. */
  round: number
  roundStartedAt: number
  /** 1 for each bucket that had its first harm in this round. */
  failed: Uint8Array
  /** 1 for each bucket that gave a sign of life, ever; and how many these are. */
  seen: Uint8Array
  seenCount: number
  firstHarms: Sides
  /** By ratio, as `ratiosOf` lists them: natural logarithms of the likelihood, in this round. */
  logLikelihoods: Float64Array
  exposures: Sides
  adopted: number
  harms: Sides
  /** Exposures inside of late, older ones counting less, and how many of them had the new revision. */
  lately: { inside: number; adopted: number }
  /** Exposures on the new revision, as many as they are worth: less while few devices have it. */
  worth: number
}

/** How many times as frequent harm may be inside: from a sixteenth to sixteen times, in eighths of a doubling. */
export const ratios: readonly number[] = Array.from({ length: 65 }, (_, at) => 2 ** ((at - 32) / 8))

/** The ratios whose likelihood is kept: the limit, then all others. */
export const ratiosOf = ({ limit }: Pick<Trial, 'limit'>): readonly number[] => [limit, ...ratios]

/** In which place a rollout takes each bucket. */
export const placesIn = (rolloutId: number): Uint16Array => {
  const order = rolloutOrder(rolloutId)
  return new Uint16Array(bucketCount).map((_, bucket) => placeOf(order, bucket))
}

/** A trial that has seen nothing. */
export const openTrial = (rolloutId: number, limit: number): Trial => ({
  rolloutId,
  places: placesIn(rolloutId),
  limit,
  round: 1,
  roundStartedAt: 0,
  failed: new Uint8Array(bucketCount),
  seen: new Uint8Array(bucketCount),
  seenCount: 0,
  firstHarms: { inside: 0, outside: 0 },
  logLikelihoods: new Float64Array(ratios.length + 1),
  exposures: { inside: 0, outside: 0 },
  adopted: 0,
  harms: { inside: 0, outside: 0 },
  lately: { inside: 0, adopted: 0 },
  worth: 0,
})

const bitsOf = (flags: Uint8Array): string => {
  const bytes = new Uint8Array(Math.ceil(flags.length / 8))
  flags.forEach((flag, at) => {
    if (flag) bytes[at >> 3] = (bytes[at >> 3] ?? 0) | (1 << (at & 7))
  })
  return Buffer.from(bytes).toString('base64')
}

const flagsOf = (bits: string): Uint8Array => {
  const bytes = Buffer.from(bits, 'base64')
  return Uint8Array.from({ length: bucketCount }, (_, at) => ((bytes[at >> 3] ?? 0) >> (at & 7)) & 1)
}

/** A trial as it is stored: JSON of some 5 KB. */
export type StoredTrial = Omit<Trial, 'places' | 'failed' | 'seen' | 'logLikelihoods'> & {
  failed: string
  seen: string
  logLikelihoods: number[]
}

export const writeTrial = ({ places: _, ...trial }: Trial): StoredTrial => ({
  ...trial,
  failed: bitsOf(trial.failed),
  seen: bitsOf(trial.seen),
  logLikelihoods: [...trial.logLikelihoods],
})

export const readTrial = (stored: StoredTrial): Trial => ({
  ...stored,
  places: placesIn(stored.rolloutId),
  failed: flagsOf(stored.failed),
  seen: flagsOf(stored.seen),
  logLikelihoods: Float64Array.from(stored.logLikelihoods),
})
