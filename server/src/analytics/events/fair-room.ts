/** Room that apps share. */
export interface FairRoom {
  /** Whether so much more of an app fits. */
  fits(appId: string, amount: number): boolean
  /** Takes room, or gives it back where the amount is negative. */
  take(appId: string, amount: number): void
  taken(): number
}

/**
 * An app may have no more than what it leaves free: alone half of the room, beside another a third, and there is always some for
 * who comes next (dynamic thresholds, Choudhury and Hahne 1998).
 */
export const createFairRoom = (most: number): FairRoom => {
  const ofApps = new Map<string, number>()
  let all = 0
  return {
    fits: (appId, amount) => (ofApps.get(appId) ?? 0) + amount <= most - (all + amount),
    take(appId, amount) {
      all += amount
      const own = (ofApps.get(appId) ?? 0) + amount
      if (own > 0) ofApps.set(appId, own)
      else ofApps.delete(appId)
    },
    taken: () => all,
  }
}
