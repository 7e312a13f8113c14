const slots = 1 << 20

/** FNV-1a: a node hears of ten thousand changes at once, and nothing depends on who chooses a key. */
const slotOf = (key: string): number => {
  let hash = 0x811c9dc5
  for (let at = 0; at < key.length; at += 1) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193)
  return (hash ^ (hash >>> 20)) & (slots - 1)
}

/**
 * The highest sequence this node has served or heard of for each app, in a fixed 8 MiB whatever the number of apps. It
 * outlives the entry in memory: a node that has evicted an app must not take an older value back from a cache.
 * Apps that share a slot share the higher floor: the price is a look into the database, never an old answer.
 */
export const createFloors = () => {
  const highest = new Float64Array(slots)
  return {
    raise(key: string, sequence: number): void {
      const slot = slotOf(key)
      if (sequence > (highest[slot] ?? 0)) highest[slot] = sequence
    },
    of: (key: string): number => highest[slotOf(key)] ?? 0,
    allows: (key: string, sequence: number): boolean => sequence >= (highest[slotOf(key)] ?? 0),
  }
}
