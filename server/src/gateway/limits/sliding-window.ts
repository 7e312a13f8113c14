/**
 * What counts of two neighbouring windows: all of this one, and of the one before it the part that the sliding window still
 * covers. Admitted are never more than the quota in a window, and under steady load exactly the quota in each.
 */
export interface Counted {
  used: number
  usedBefore: number
  /** How much of this window has passed, from 0 to 1. */
  passed: number
}

/** How much of a quota is free; negative where more was taken. */
export const freeOf = (quota: number, { used, usedBefore, passed }: Counted): number =>
  quota - used - Math.floor(usedBefore * (1 - passed))

/**
 * Milliseconds until `cost` is free, when nobody takes anything meanwhile; 0 when it is now. `cost` is at most the quota.
 */
export const msUntilFree = (quota: number, cost: number, windowMs: number, counted: Counted): number => {
  if (freeOf(quota, counted) >= cost) return 0
  const { used, usedBefore, passed } = counted
  const room = quota - used - cost
  if (room >= 0) return whenAtMost(usedBefore, room) * windowMs - passed * windowMs
  return (1 - passed + whenAtMost(used, quota - cost)) * windowMs
}

/** The part of a window after which no more than `room` counts of what was used in the one before it. */
const whenAtMost = (usedBefore: number, room: number): number =>
  usedBefore <= room ? 0 : 1 - (room + 1 - edge) / usedBefore

/** A part is floored, so its last step counts until just before the next. */
const edge = 1e-9
