import type { AdoptionRow, ReachedRelease } from '../../../../contract/analytics.ts'
import { devicesOf } from '../../platform/tally/tally.ts'
import { answerOverTime } from './answer-over-time.ts'
import type { Answered, Asked } from './asked.ts'
import { byVersion } from './by-version.ts'
import { countDevices } from './count-devices.ts'
import { addFacet, type GroupSum, type GroupSums, shareOf, tellGroup, unionOf } from './groups.ts'
import { findReleases, listReleases, type ReleaseFacts } from './list-releases.ts'
import { addParts, hasParts } from './read-parts.ts'
import { facetsOf } from './read-rows.ts'
import type { Slice } from './slice-time.ts'
import { timeToReach } from './time-to-reach.ts'

/** How soon these were with the devices is told with each answer. */
const releasesTold = 5

interface Sum {
  groups: GroupSums
  /** All devices of the slice. */
  all: GroupSum
}

/** Which devices have which release, and how soon the newest ones came to them. */
export const answerAdoption = async (
  asked: Asked,
): Promise<Answered<AdoptionRow> & { releases: ReachedRelease[] }> => {
  const { rows, next } = await answerRows(asked)
  return { rows, next, releases: asked.after === null ? await tellReached(asked) : [] }
}

const answerRows = async (asked: Asked): Promise<Answered<AdoptionRow>> => {
  const isApp = asked.appId !== null
  const facet = isApp ? 'revision' : 'adoption'
  const known = new Map<string, ReleaseFacts>()
  return answerOverTime(asked, {
    columns: facetsOf([facet, 'platform'], { devices: isApp }),
    begin: (): Sum => ({ groups: new Map(), all: { count: 0, devices: null } }),
    add(sum, row) {
      const tally = row.tally()
      addFacet(asked, sum.groups, tally, facet)
      if (isApp) sum.all.devices = unionOf(sum.all.devices, devicesOf(tally))
    },
    ...(!isApp && { prepare: addDevicesAbove(asked) }),
    finish: async (sums) => {
      if (!isApp) return
      const revisions = sums.flatMap(({ groups }) => [...groups.keys()]).filter((value) => !known.has(value))
      for (const [value, facts] of await findReleases(asked.db, revisions)) known.set(value, facts)
    },
    rowsOf: (sum) => rowsOf(asked, sum, known),
  })
}

const addDevicesAbove = (asked: Asked) => async (slices: readonly Slice[]) => {
  const all = await countDevices(asked, slices)
  const add = await addParts(asked, 'adoption')(slices)
  return (index: number, sum: Sum): void => {
    sum.all = { count: 0, devices: null, number: all[index]?.devices ?? 0 }
    add(index, sum.groups)
  }
}

const rowsOf = (
  asked: Asked,
  { groups, all }: Sum,
  known: ReadonlyMap<string, ReleaseFacts>,
): Omit<AdoptionRow, 'at'>[] => {
  const none = { group: null, configVersion: null, channel: null, requests: 0, devices: 0, atLeast: false }
  if (groups.size === 0) return [{ ...none, share: null }]
  const isByVersion = asked.groupBy === 'configVersion'
  const told = isByVersion ? byVersion(groups, known) : groups
  const requests = [...groups.values()].reduce((sum, { count }) => sum + count, 0)
  const isKept = asked.appId !== null || hasParts(asked)
  // Above apps those of each group are known from the next full hour on, but all are at once.
  const isTold = isKept && [...told.values()].some((sum) => tellGroup(asked, sum).devices > 0)
  const devices = isTold ? tellGroup(asked, all).devices : 0
  return [...told].map(([group, sum]) => {
    const facts = known.get(group)
    const { devices: number, atLeast } = tellGroup(asked, sum)
    return {
      group,
      // A version begins with a digit; `other` and `unknown` are none.
      configVersion: isByVersion ? (/^\d/.test(group) ? group : null) : (facts?.configVersion ?? null),
      channel: isByVersion ? null : (facts?.channel ?? null),
      requests: sum.count,
      devices: isKept ? number : null,
      atLeast,
      share: devices > 0 ? shareOf(Math.min(number, devices), devices) : shareOf(sum.count, requests),
    }
  })
}

/** Of an app, or of the template whose apps are asked for; the fleet as a whole has no releases. */
const tellReached = async (asked: Asked): Promise<ReachedRelease[]> => {
  const owner = asked.appId ?? asked.template
  if (owner === null) return []
  const told: ReachedRelease[] = []
  for (const release of await listReleases(asked.db, owner, { ...asked, limit: releasesTold })) {
    told.push(await timeToReach(asked, owner, release))
  }
  return told
}
