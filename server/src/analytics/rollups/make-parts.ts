import type { Kysely } from 'kysely'
import type { Tables } from '../../platform/database/tables.ts'
import { takeTurns } from '../../platform/take-turns.ts'
import { deleteDue, listDue } from './due.ts'
import { findApps } from './find-apps.ts'
import { graceMs } from './find-work.ts'
import { revisionsOf } from './fold-shipments.ts'
import { inFoldTurn, type KeepDays } from './fold-turn.ts'
import { lengthMs, startOf } from './levels.ts'
import { makePartition } from './make-partition.ts'
import { raiseDevices } from './raise-tally.ts'
import { addRollup, type Rollups } from './rollup.ts'
import { fleetScope, partFacets, partOf, scopeBelow } from './scopes.ts'
import { mergeRollups, readRollups } from './store-rollups.ts'

/** The rows that they are added to are large, and written once for all of these. */
const appsAtOnce = 1_000

/**
 * Adds the devices of some apps' hours, by facet, to the day of the fleet and of the templates above. A device that is added again
 * changes nothing; counts would count twice, so these rows have none. Returns of how many apps; undefined where another node is at it.
 */
export const makeParts = ({
  db,
  keep,
}: {
  db: Kysely<Tables>
  keep: KeepDays
}): Promise<number | undefined> =>
  inFoldTurn(db, keep, async ({ db: transaction, now }) => {
    const due = await listDue(transaction, 'part', now - lengthMs.hour - graceMs, appsAtOnce)
    if (due === undefined) return 0
    const { at, scopes } = due
    const hours = await readRollups(transaction, 'hour', at, scopes)
    const parts = await raiseAll(transaction, at, hours)
    await makePartition(transaction, 'day', startOf('day', at))
    await mergeRollups(transaction, 'day', startOf('day', at), parts)
    await deleteDue(transaction, 'part', at, scopes)
    return scopes.length
  })

const raiseAll = async (db: Kysely<Tables>, at: number, hours: Rollups): Promise<Rollups> => {
  const counted = [...hours].map(([appId, { tally }]) => ({ appId, tally }))
  const apps = await findApps(db, revisionsOf(counted))
  const parts: Rollups = new Map()
  const turns = takeTurns()
  for (const { appId, tally } of counted) {
    const app = apps.get(appId)
    const above = [fleetScope, ...(app?.above ?? []).map(scopeBelow)]
    for (const facet of partFacets) {
      await turns()
      const raised = raiseDevices(tally, facet, { appId, app, since: at })
      for (const scope of above) addRollup(parts, partOf(scope, facet), raised)
    }
  }
  return parts
}
