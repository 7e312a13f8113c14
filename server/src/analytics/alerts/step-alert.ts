/** What a look at what a rule is about has found: broken; not broken, but not well enough to end an alert; well; or nothing known. */
export type Verdict = 'bad' | 'near' | 'good' | 'unknown'

/** How far an alert has come; times in ms since 1970. */
export interface Progress {
  state: 'pending' | 'firing'
  pendingAt: number
  firedAt: number | null
  /** While firing: without a break since then. */
  goodSince: number | null
  unknownSince: number | null
  /** The last look. */
  seenAt: number
}

export interface Patience {
  forMs: number
  resolveAfterMs: number
}

/** What is left of an alert; it is `gone` where it had not fired yet. */
export type Step =
  | { became: 'pending' | 'firing' | 'unchanged'; next: Progress }
  | { became: 'resolved'; because: 'well' | 'noData'; next?: never }
  | { became: 'gone'; next?: never }
  | { became: 'nothing'; next?: never }

/** Of what nobody has looked at for so long, nothing is known of the time between. */
export const blindMs = 300_000
/** A firing alert about which nothing is known any more ends after this: whoever asked no longer does. */
export const noDataMs = 3_600_000

/**
 * The next state of an alert by one look at it. Fires only what was bad at each look for `forMs`, resolves only what was good at each
 * look for `resolveAfterMs`: between the two limits (near) it stays as it is. A look that comes after a long break begins anew.
 */
export const stepAlert = (
  before: Progress | undefined,
  verdict: Verdict,
  now: number,
  patience: Patience,
): Step => {
  if (!before) {
    if (verdict !== 'bad') return { became: 'nothing' }
    return stepPending(begin(now), now, patience, 'pending')
  }
  // The clocks of two nodes differ a little.
  const at = Math.max(now, before.seenAt)
  const wasBlind = at - before.seenAt > blindMs
  if (before.state === 'firing') return stepFiring(before, verdict, { at, wasBlind }, patience)
  if (verdict !== 'bad') return { became: 'gone' }
  const pending = { ...before, seenAt: at, pendingAt: wasBlind ? at : before.pendingAt }
  return stepPending(pending, at, patience, 'unchanged')
}

const begin = (now: number): Progress => ({
  state: 'pending',
  pendingAt: now,
  firedAt: null,
  goodSince: null,
  unknownSince: null,
  seenAt: now,
})

const stepPending = (
  pending: Progress,
  at: number,
  { forMs }: Patience,
  otherwise: 'pending' | 'unchanged',
): Step => {
  if (at - pending.pendingAt < forMs) return { became: otherwise, next: pending }
  return { became: 'firing', next: { ...pending, state: 'firing', firedAt: at } }
}

const stepFiring = (
  before: Progress,
  verdict: Verdict,
  { at, wasBlind }: { at: number; wasBlind: boolean },
  { resolveAfterMs }: Patience,
): Step => {
  const since = (last: number | null): number => (last === null || wasBlind ? at : last)
  const next: Progress = { ...before, seenAt: at, goodSince: null, unknownSince: null }
  if (verdict === 'good') {
    next.goodSince = since(before.goodSince)
    if (at - next.goodSince >= resolveAfterMs) return { became: 'resolved', because: 'well' }
  } else if (verdict === 'unknown') {
    next.unknownSince = since(before.unknownSince)
    if (at - next.unknownSince >= noDataMs) return { became: 'resolved', because: 'noData' }
  }
  return { became: 'unchanged', next }
}
