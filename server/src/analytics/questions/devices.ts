import type { DevicesRow } from '../../../../contract/analytics.ts'
import { answerOverTime } from './answer-over-time.ts'
import type { Answered, Asked } from './asked.ts'
import { countDevices, type Told } from './count-devices.ts'
import { facetOf } from './facet-of.ts'
import { addFacet, type GroupSums, tellGroup } from './groups.ts'
import { addParts, hasParts, isPartFacet } from './read-parts.ts'
import { facetsOf } from './read-rows.ts'

/** How many different devices asked. */
export const answerDevices = (asked: Asked): Promise<Answered<DevicesRow>> =>
  asked.groupBy === null ? answerAll(asked) : answerGroups(asked, facetOf(asked, asked.groupBy))

const answerAll = (asked: Asked): Promise<Answered<DevicesRow>> =>
  answerOverTime(asked, {
    columns: 'none',
    begin: (): Told => ({ devices: 0, atLeast: false }),
    add: () => {},
    prepare: async (slices) => {
      const counted = await countDevices(asked, slices)
      return (index, sum) => Object.assign(sum, counted[index])
    },
    rowsOf: (sum) => [{ group: null, ...sum }],
  })

const answerGroups = (asked: Asked, facet: string): Promise<Answered<DevicesRow>> =>
  answerOverTime(asked, {
    columns: facetsOf([facet], { devices: asked.appId !== null }),
    begin: (): GroupSums => new Map(),
    add: (sums, row) => addFacet(asked, sums, row.tally(), facet),
    ...(asked.appId === null && isPartFacet(facet) && { prepare: addParts(asked, facet) }),
    rowsOf: (sums): Omit<DevicesRow, 'at'>[] => {
      if (sums.size === 0) return [{ group: null, devices: 0, atLeast: false }]
      const isKept = asked.appId !== null || hasParts(asked)
      return [...sums].map(([group, sum]) => ({
        group,
        ...(isKept ? tellGroup(asked, sum) : { devices: null, atLeast: false }),
      }))
    },
  })
