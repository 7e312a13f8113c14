import { vi } from 'vitest'

/** Asks again until `check` no longer throws, for as long as a busy machine may need: the second of vi.waitFor is too short. */
export const eventually = <T>(check: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(check, { timeout: 20_000, interval: 50 })
