import type { FleetResult } from '../../../../contract/fleet.ts'
import { Problem, type ProblemCode } from '../../../../contract/problems.ts'
import type { LiveOn } from '../store/app-sets.ts'
import type { Made, Target } from '../store/releases.ts'

/** Why one app cannot be released. */
export interface FleetRefusal {
  appId: string
  channel: string
  code: ProblemCode
  detail: string
}

/** A release to be made, and what is live before it. */
export interface PlannedTarget extends Target {
  live: LiveOn | undefined
}

/** What a fleet release would do: one line for each app that was chosen. */
export interface FleetPlan {
  targets: PlannedTarget[]
  /** What is live there already. */
  unchanged: LiveOn[]
  refusals: FleetRefusal[]
}

const mostNamed = 20

export const byAppId = (a: { appId: string }, b: { appId: string }): number => (a.appId < b.appId ? -1 : 1)

/** The 409 that names the first apps in the way, and counts all of them by reason. */
export const fleetRefused = (refusals: readonly FleetRefusal[], apps: number): Problem => {
  const counts = new Map<string, number>()
  for (const { code } of refusals) counts.set(code, (counts.get(code) ?? 0) + 1)
  const reasons = [...counts].map(([code, count]) => `${count} ${code}`).join(', ')
  return new Problem('fleet_release_refused', {
    detail: `${refusals.length} of ${apps} apps cannot be released (${reasons}), so none was. "dryRun": true tells it for each app.`,
    errors: refusals
      .toSorted(byAppId)
      .slice(0, mostNamed)
      .map(({ appId, code, detail }) => ({ code, detail: `${appId}: ${detail}` })),
  })
}

/** A line for each app that was chosen, by appId. */
export const resultsOf = (plan: FleetPlan, made: readonly Made[]): FleetResult[] => {
  const revisions = new Map(made.map(({ appId, revision }) => [appId, revision]))
  const released = plan.targets.map(
    ({ appId, channel, version, live }): FleetResult => ({
      appId,
      channel,
      result: 'released',
      configVersion: version,
      previousVersion: live?.version ?? null,
      revision: revisions.get(appId) ?? null,
      problem: null,
    }),
  )
  return [...released, ...plan.unchanged.map(unchangedResult), ...plan.refusals.map(refusedResult)].sort(
    byAppId,
  )
}

const refusedResult = ({ appId, channel, code, detail }: FleetRefusal): FleetResult => ({
  appId,
  channel,
  result: 'refused',
  configVersion: null,
  previousVersion: null,
  revision: null,
  problem: { code, detail },
})

const unchangedResult = ({ appId, channel, version }: LiveOn): FleetResult => ({
  appId,
  channel,
  result: 'unchanged',
  configVersion: version,
  previousVersion: version,
  revision: null,
  problem: null,
})
