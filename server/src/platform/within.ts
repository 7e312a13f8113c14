import { afterReading } from './after-reading.ts'

/** What a bounded wait ends with when nothing answered in time. */
export class OutOfTime extends Error {
  override name = 'OutOfTime'
}

/**
 * Resolves or rejects as `work` does, but after `ms` milliseconds rejects with {@link OutOfTime} ("`what` took longer
 * than ... ms"). The work itself goes on unheard: give it an end of its own.
 */
export const within = <T>(ms: number, what: string, work: Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    // An answer that came while this process was busy still counts.
    const timer = setTimeout(
      () => afterReading(() => reject(new OutOfTime(`${what} took longer than ${ms} ms`))),
      ms,
    )
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })

/** Milliseconds to wait before the next attempt after `failures` in a row: doubling from 50, at most 1,000, with jitter. */
export const backoff = (failures: number): number =>
  Math.min(1000, 50 * 2 ** Math.min(failures, 10)) * (0.5 + Math.random() / 2)
