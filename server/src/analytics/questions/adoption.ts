import type { AdoptionRow, ReachedRelease } from '../../../../contract/analytics.ts'
import { answerOverTime } from './answer-over-time.ts'
import type { Answered, Asked } from './asked.ts'
import { countDevices, type Told } from './count-devices.ts'
import { addFacet, addGroupSum, type GroupSums, shareOf, tellDevices } from './groups.ts'
import { findReleases, listReleases, type ReleaseFacts } from './list-releases.ts'
import { addParts, hasParts } from './read-parts.ts'
import { timeToReach } from './time-to-reach.ts'

/** How soon these were with the devices is told with each answer. */
const releasesTold = 5

interface Sum {
  groups: GroupSums
  all: Told
}

/** Which devices have which release, and how soon the newest ones came to them. */
export const answerAdoption = async (
  asked: Asked,
): Promise<Answered<AdoptionRow> & { releases: ReachedRelease[] }> => {
  const { rows, next } = await answerRows(asked)
  return { rows, next, releases: asked.after === null ? await tellReached(asked) : [] }
}

const answerRows = async (asked: Asked): Promise<Answered<AdoptionRow>> => {
  const facet = asked.appId === null ? 'adoption' : 'revision'
  const known = new Map<string, ReleaseFacts>()
  const parts = asked.appId === null ? addParts(asked, 'adoption') : undefined
  return answerOverTime(asked, {
    columns: 'body',
    begin: (): Sum => ({ groups: new Map(), all: { devices: 0, atLeast: false } }),
    add: (sum, row) => addFacet(asked, sum.groups, row.tally(), facet),
    prepare: async (slices) => {
      const [all, add] = [await countDevices(asked, slices), await parts?.(slices)]
      return (index, sum) => {
        sum.all = all[index] ?? sum.all
        add?.(index, sum.groups)
      }
    },
    finish: async (sums) => {
      const revisions = sums.flatMap(({ groups }) => [...groups.keys()]).filter((value) => !known.has(value))
      for (const [value, facts] of await findReleases(asked.db, revisions)) known.set(value, facts)
    },
    rowsOf: (sum) => rowsOf(asked, sum, known),
  })
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
  return [...told].map(([group, { count, devices }]) => {
    const facts = known.get(group)
    const { devices: number, atLeast } = tellDevices(asked, devices)
    const share = all.devices > 0 && number > 0 ? shareOf(Math.min(number, all.devices), all.devices) : null
    const isKept = asked.appId !== null || hasParts(asked)
    return {
      group,
      configVersion: isByVersion ? group : (facts?.configVersion ?? null),
      channel: isByVersion ? null : (facts?.channel ?? null),
      requests: count,
      devices: isKept ? number : null,
      atLeast,
      share: share ?? (all.devices > 0 && isKept ? 0 : shareOf(count, requests)),
    }
  })
}

const byVersion = (groups: GroupSums, known: ReadonlyMap<string, ReleaseFacts>): GroupSums => {
  const versions: GroupSums = new Map()
  for (const [revision, { count, devices }] of groups) {
    addGroupSum(versions, known.get(revision)?.configVersion ?? revision, count, devices)
  }
  return versions
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
