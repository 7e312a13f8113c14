import type { UsageRow } from '../../../../contract/analytics.ts'
import { answerOverTime } from './answer-over-time.ts'
import type { Answered, Asked } from './asked.ts'
import { facetOf } from './facet-of.ts'
import { addFacet, type GroupSums } from './groups.ts'
import { facetsOf } from './read-rows.ts'

/** How much was asked for: all requests by how they were answered, or by the value of a facet. */
export const answerUsage = (asked: Asked): Promise<Answered<UsageRow>> =>
  asked.groupBy === null ? answerSums(asked) : answerGroups(asked, facetOf(asked, asked.groupBy))

const answerSums = (asked: Asked): Promise<Answered<UsageRow>> =>
  answerOverTime(asked, {
    columns: 'sums',
    begin: () => ({ requests: 0, unchanged: 0, refused: 0, errors: 0 }),
    add(sum, row) {
      sum.requests += row.requests
      sum.unchanged += row.unchanged
      sum.refused += row.refused
      sum.errors += row.errors
    },
    rowsOf: (sum) => [{ group: null, ...sum }],
  })

const answerGroups = (asked: Asked, facet: string): Promise<Answered<UsageRow>> =>
  answerOverTime(asked, {
    columns: facetsOf([facet], { devices: false }),
    begin: (): GroupSums => new Map(),
    add: (sums, row) => addFacet(asked, sums, row.tally(), facet),
    rowsOf: (sums): Omit<UsageRow, 'at'>[] => {
      const unknown = { unchanged: null, refused: null, errors: null }
      if (sums.size === 0) return [{ group: null, requests: 0, ...unknown }]
      return [...sums].map(([group, { count }]) => ({ group, requests: count, ...unknown }))
    },
  })
