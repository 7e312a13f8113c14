const [leastMs, mostMs] = [5_000, 3_600_000]
/** How long a message is tried: what is older than a day wakes nobody. */
export const triedMs = 86_400_000

/** Doubled with each attempt; by chance up to half less, so that not all who wait come back together. */
export const backoffMs = (attempts: number, random: () => number = Math.random): number =>
  Math.min(mostMs, leastMs * 2 ** Math.min(attempts - 1, 20)) * (1 - random() / 2)
