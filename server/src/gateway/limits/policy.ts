/** How the counts of several gateways go together. */
export type Mode = 'shared' | 'exact' | 'process'

/** One limit as the engine takes it: so much in so long, for each client apart. */
export interface Policy {
  /** As in `RateLimit-Policy`. */
  name: string
  /** Where the counts are: two policies of one name count apart. */
  id: string
  quota: number
  windowMs: number
  /**
   * `shared`: counted over all gateways, in leases; `exact`: the same, but Redis is asked each time; `process`: each counts alone.
   */
  mode: Mode
}

/** Whether two count in the same way, so that what was counted stays. */
export const countsAlike = (left: Policy, right: Policy): boolean =>
  left.id === right.id && left.windowMs === right.windowMs && left.mode === right.mode
