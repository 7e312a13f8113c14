import type { Dependency, Health } from '../../../../contract/health.ts'
import { afterReading } from '../after-reading.ts'

/** Asks one dependency; resolves when it answers, throws when it does not. */
export type Check = () => Promise<void>

/** A store gets this long. What asks stores itself must get more, or its report of a silent store comes too late. */
const storeAnswersWithinMs = 800
const slowMs = 300
const keptMs = 1_000

export const notConfigured: Dependency = {
  state: 'not_configured',
  latencyMs: null,
  lastError: null,
  lastErrorAt: null,
}

/** The last failure by its kind alone: messages may name hosts and users, and /health is public. */
const kindOf = (error: unknown): string => {
  const code = (error as { code?: unknown }).code
  return typeof code === 'string' ? code : error instanceof Error ? error.name : 'Error'
}

const timeout = (ms: number): { expired: Promise<never>; clear: () => void } => {
  let timer: NodeJS.Timeout | undefined
  const expired = new Promise<never>((_, reject) => {
    const late = (): void => reject(Object.assign(new Error('timeout'), { code: 'TIMEOUT' }))
    // An answer that came while this process was busy still counts.
    timer = setTimeout(() => afterReading(late), ms)
  })
  return { expired, clear: () => clearTimeout(timer) }
}

/** Measures one dependency in bounded time, and remembers its last failure. Without a check: not configured. */
export const watchDependency = (
  check: Check | undefined,
  answersWithinMs = storeAnswersWithinMs,
): (() => Promise<Dependency>) => {
  let lastError: string | null = null
  let lastErrorAt: string | null = null
  return async () => {
    if (!check) return notConfigured
    const startedAt = performance.now()
    const { expired, clear } = timeout(answersWithinMs)
    try {
      await Promise.race([check(), expired])
      const latencyMs = Math.round((performance.now() - startedAt) * 100) / 100
      return { state: latencyMs > slowMs ? 'degraded' : 'ok', latencyMs, lastError, lastErrorAt }
    } catch (error) {
      lastError = kindOf(error)
      lastErrorAt = new Date().toISOString()
      return { state: 'down', latencyMs: null, lastError, lastErrorAt }
    } finally {
      clear()
    }
  }
}

/** Keeps a measurement for a second and shares one under way, so that /health cannot be used to load the stores. */
export const keepForASecond = (measure: () => Promise<Health>): (() => Promise<Health>) => {
  let keptUntil = Number.NEGATIVE_INFINITY
  let current: Promise<Health> | undefined
  return () => {
    if (current && performance.now() < keptUntil) return current
    // Silent stores are measured for longer than a second: nobody starts anew meanwhile.
    keptUntil = Number.POSITIVE_INFINITY
    const measuredAt = performance.now()
    current = measure().finally(() => {
      keptUntil = measuredAt + keptMs
    })
    return current
  }
}
