/** Of the requests of the last ten seconds, how many may be repeated, and how many in any case. */
const share = 0.2
const alwaysAllowed = 100
const slots = 10
const slotMs = 1_000

/** Bounds what retries add to the load of upstreams that fail already. */
export interface RetryBudget {
  noteRequest(): void
  /** Takes one retry out of the budget; false when there is none left. */
  takeRetry(): boolean
}

export const createRetryBudget = (now: () => number): RetryBudget => {
  const requests = new Float64Array(slots)
  const retries = new Float64Array(slots)
  let current = Math.floor(now() / slotMs)
  const slot = (): number => {
    const at = Math.floor(now() / slotMs)
    if (at - current >= slots) {
      requests.fill(0)
      retries.fill(0)
      current = at
    }
    for (; current < at; current += 1) {
      requests[(current + 1) % slots] = 0
      retries[(current + 1) % slots] = 0
    }
    return at % slots
  }
  const sum = (counts: Float64Array): number => counts.reduce((total, count) => total + count, 0)
  const add = (counts: Float64Array, at: number): void => {
    counts[at] = (counts[at] ?? 0) + 1
  }
  return {
    noteRequest: () => add(requests, slot()),
    takeRetry() {
      const at = slot()
      if (sum(retries) >= alwaysAllowed + share * sum(requests)) return false
      add(retries, at)
      return true
    },
  }
}
