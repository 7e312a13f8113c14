import { diffConfigs } from '../../../../contract/diff-configs.ts'
import type { FleetResult } from '../../../../contract/fleet.ts'
import type { Scope } from '../change.ts'
import { effectiveOf } from '../effective.ts'
import { loadChains } from '../store/chains.ts'
import type { Made } from '../store/releases.ts'

type Diff = NonNullable<FleetResult['diff']>

/** Their documents, before and after, are in memory at once. */
const appsAtOnce = 100

/** What the clients of each app see change with its new release, by appId; `before` is what was live. */
export const describeChanges = async (
  db: Scope['db'],
  made: readonly Made[],
  before: ReadonlyMap<string, number>,
): Promise<Map<string, Diff>> => {
  const diffs = new Map<string, Diff>()
  for (let at = 0; at < made.length; at += appsAtOnce) {
    const some = made.slice(at, at + appsAtOnce)
    const revisions = some.flatMap(({ appId, revision }) => [before.get(appId) ?? [], revision].flat())
    const chains = await loadChains(db, revisions)
    const effective = (revision: number | undefined) => {
      const layers = revision === undefined ? undefined : chains.get(revision)
      return layers ? effectiveOf(layers) : null
    }
    for (const { appId, revision } of some) {
      const after = effective(revision)
      if (!after) continue
      const { bump, text, jsonPatch } = diffConfigs(effective(before.get(appId)), after)
      diffs.set(appId, { bump, text, jsonPatch })
    }
  }
  return diffs
}
