import type { EventGuard } from '../../../../contract/guard.ts'

/** The releases of a rollout in one app: those it brings, and what was live there before. */
export interface AppReleases {
  fresh: ReadonlySet<number>
  before: ReadonlySet<number>
}

/** A rollout under way whose guards look at events. */
export interface GuardedRollout {
  rolloutId: number
  percent: number
  /** In which place it takes each bucket. */
  places: Uint16Array
  guards: readonly EventGuard[]
  apps: ReadonlyMap<string, AppReleases>
}

/** The guarded rollouts under way, as they were a moment ago. */
export interface Guarded {
  of(appId: string): readonly GuardedRollout[]
}
