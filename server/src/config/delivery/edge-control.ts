import type { Keeping, Lifetimes } from './form.ts'

/**
 * How long the edge cache of our own gateway may keep an answer, as a targeted field (RFC 9213), which it takes before
 * Cache-Control and strips. Short, because the feed of changes purges it and asking again is cheap. `sequence` and `channel` are of
 * the state answered: a node may hear of a change later than the cache does, and what is older than a purge must not come back.
 */
const name = 'parasol-cache-control'
const freshSeconds = 10

/** How long a gateway to which no message came may give what was validated last: fresh, and once more while it asks. */
export const edgeOutdatedSeconds = 2 * freshSeconds

export const yearSeconds = 31_536_000

type Fields = Readonly<Record<string, string>>

/** The field for what anybody may get, whatever key they have. */
export const edgeControl = (
  { maxAgeSeconds, staleIfErrorSeconds }: Lifetimes,
  { sequence, channel }: { sequence: number; channel: string },
): Fields => {
  const fresh = `max-age=${Math.min(freshSeconds, maxAgeSeconds)}`
  const stale = `stale-while-revalidate=${freshSeconds}, stale-if-error=${staleIfErrorSeconds}`
  return { [name]: `${fresh}, ${stale}, sequence=${sequence}, channel="${channel}"` }
}

/** The fields of an answer with this one as who may keep the answer has it; as they are, where it is not told. */
export const edgeControlKeptBy = (fields: Fields, keeping: Keeping): Fields => {
  const { [name]: told, ...others } = fields
  if (told === undefined || keeping === 'none') return others
  const isForAYear = keeping === 'exact' || keeping === 'keyedExact'
  const control = isForAYear
    ? told.replace(/^.*(?=, sequence)/, `max-age=${yearSeconds}`)
    : told.replace(/, stale-while-revalidate=\d+/, '')
  return { ...others, [name]: control }
}
