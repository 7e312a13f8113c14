import { createHash } from 'node:crypto'

const slots = 1 << 20

/**
 * The highest sequence this node has served or heard of for each app, in a fixed 8 MiB whatever the number of apps. It
 * outlives the entry in memory: a node that has evicted an app must not take an older value back from a cache.
 * Apps that share a slot share the higher floor: the price is a look into the database, never an old answer.
 */
export const createFloors = () => {
  const highest = new Float64Array(slots)
  const slotOf = (key: string): number =>
    createHash('sha1').update(key).digest().readUInt32LE(0) & (slots - 1)
  return {
    raise(key: string, sequence: number): void {
      const slot = slotOf(key)
      if (sequence > (highest[slot] ?? 0)) highest[slot] = sequence
    },
    of: (key: string): number => highest[slotOf(key)] ?? 0,
    allows: (key: string, sequence: number): boolean => sequence >= (highest[slotOf(key)] ?? 0),
  }
}
