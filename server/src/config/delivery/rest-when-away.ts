import { isStoreUnavailable } from '../../platform/database/errors.ts'
import { OutOfTime } from '../../platform/within.ts'

export interface Rest {
  /** Asks unless the database rests; while it does, throws what made it rest. */
  ask<T>(key: string, question: () => Promise<T>): Promise<T>
}

/** The server itself gave up (statement or lock timeout), or we did. */
const isSlow = (error: unknown): boolean =>
  error instanceof OutOfTime || /^(57014|55P03)$/.test(String((error as { code?: unknown } | null)?.code))

/**
 * After a failure that means that the database is away it is left alone for `restMs`, so that readers of cold apps do not
 * all wait in turn. Slowness is a sign of that only when it meets two keys and nothing was answered meanwhile.
 */
export const restWhenAway = (restMs: number): Rest => {
  const slow = new Set<string>()
  let restUntil = 0
  let lastError: unknown
  let answeredAt = 0

  const meansAway = (key: string, error: unknown, askedAt: number): boolean => {
    if (!isSlow(error)) return isStoreUnavailable(error)
    if (answeredAt > askedAt) return false
    slow.add(key)
    return slow.size > 1
  }

  return {
    async ask(key, question) {
      const askedAt = performance.now()
      if (askedAt < restUntil) throw lastError
      try {
        const answer = await question()
        answeredAt = performance.now()
        slow.clear()
        return answer
      } catch (error) {
        if (meansAway(key, error, askedAt)) {
          lastError = error
          restUntil = performance.now() + restMs
        }
        throw error
      }
    },
  }
}
