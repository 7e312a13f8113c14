/** Failures in a row after which an upstream is left alone. */
const failuresMost = 5
/** For how long, until one request may try it. */
const openMs = 1_000

/** Keeps requests away from an upstream that fails; one at a time finds out whether it is back. */
export interface CircuitBreaker {
  state(): 'closed' | 'open' | 'half_open'
  /** Whether a request may go there now. */
  admits(): boolean
  /** A request goes there; true when it is the one that finds out. One of `succeeded`, `failed`, `abandoned` follows. */
  begin(): boolean
  succeeded(): void
  failed(): void
  /** It ended without telling anything of the upstream: its client left. */
  abandoned(isProbe: boolean): void
  /** Milliseconds until the next try; 0 when there may be one now. */
  waitMs(): number
}

export const createBreaker = (now: () => number): CircuitBreaker => {
  let failures = 0
  let openUntil = 0
  let isProbed = false
  const isOpen = (): boolean => failures >= failuresMost
  return {
    state: () => (!isOpen() ? 'closed' : now() < openUntil ? 'open' : 'half_open'),
    admits: () => !isOpen() || (!isProbed && now() >= openUntil),
    begin() {
      if (!isOpen()) return false
      isProbed = true
      return true
    },
    succeeded() {
      failures = 0
      isProbed = false
    },
    failed() {
      failures += 1
      isProbed = false
      if (isOpen()) openUntil = now() + openMs
    },
    abandoned(isProbe) {
      if (isProbe) isProbed = false
    },
    waitMs: () => (isOpen() ? Math.max(0, openUntil - now()) : 0),
  }
}
