import { diffConfigs } from '../../../../contract/diff-configs.ts'
import type { FleetResult } from '../../../../contract/fleet.ts'
import { takeTurns } from '../../platform/take-turns.ts'
import type { Scope } from '../change.ts'
import { createBatchSize } from '../delivery/batch-size.ts'
import { type Effective, effectiveOf } from '../effective.ts'
import { loadChains } from '../store/chains.ts'
import type { Made } from '../store/releases.ts'

type Diff = NonNullable<FleetResult['diff']>

/** Their documents, before and after, are in memory at once, each up to a megabyte. */
const firstAtOnce = 5
/** Of all diffs together, in characters of their text: ten thousand apps may change by a megabyte each. */
const mostToldOf = 8 * 1024 * 1024

/**
 * What the clients of each app see change with its new release, by appId; `before` is what was live. Once there is more than
 * anybody reads, of further apps only the bump.
 */
export const describeChanges = async (
  db: Scope['db'],
  made: readonly Made[],
  before: ReadonlyMap<string, number>,
): Promise<Map<string, Diff>> => {
  const diffs = new Map<string, Diff>()
  const size = createBatchSize(firstAtOnce)
  const turns = takeTurns()
  let toldOf = 0
  for (let at = 0; at < made.length; ) {
    const some = made.slice(at, at + size.next())
    at += some.length
    const revisions = some.flatMap(({ appId, revision }) => [before.get(appId) ?? [], revision].flat())
    const chains = await loadChains(db, revisions)
    const clientsGet = (revision: number | undefined): Effective | null => {
      const layers = revision === undefined ? undefined : chains.get(revision)
      return layers ? effectiveOf(layers) : null
    }
    let characters = 0
    for (const { appId, revision } of some) {
      const after = clientsGet(revision)
      if (!after) continue
      const { bump, text, jsonPatch } = diffConfigs(clientsGet(before.get(appId)), after)
      characters += 2 * JSON.stringify(after).length
      const isTold = toldOf <= mostToldOf
      if (isTold) toldOf += text.length + JSON.stringify(jsonPatch).length
      diffs.set(appId, isTold ? { bump, text, jsonPatch } : { bump })
      await turns()
    }
    size.learn(some.length, characters)
  }
  return diffs
}
