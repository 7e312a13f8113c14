import type { FleetReleaseMade, FleetResult } from '../../../../contract/fleet.ts'
import type { Reader } from '../apps/find-app.ts'
import { type FleetMember, findFleetRelease, listFleetMembers } from '../store/fleet-releases.ts'
import { toFleetRelease } from './list-fleet-releases.ts'
import { unknownFleetRelease } from './roll-back-fleet-release.ts'

/** A fleet release and what it released, of the apps that the token is for. Throws 404. */
export const readFleetRelease = async (
  { db, actor }: Reader,
  fleetReleaseId: number,
): Promise<FleetReleaseMade> => {
  const row = await findFleetRelease(db, actor.scope, fleetReleaseId)
  if (!row) throw unknownFleetRelease(fleetReleaseId)
  const members = await listFleetMembers(db, actor.scope, fleetReleaseId)
  return { ...toFleetRelease(row), results: members.map(toResult) }
}

const toResult = ({ appId, channel, version, previousVersion, revision }: FleetMember): FleetResult => ({
  appId,
  channel,
  result: 'released',
  configVersion: version,
  previousVersion,
  revision,
  problem: null,
})
