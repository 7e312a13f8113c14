import type { CacheRow } from '../../../../contract/analytics.ts'
import { answerOverTime } from './answer-over-time.ts'
import type { Answered, Asked } from './asked.ts'
import { addFacet, type GroupSums, shareOf } from './groups.ts'
import { facetsOf } from './read-rows.ts'

/** How much the gateway's cache answered. */
export const answerCache = (asked: Asked): Promise<Answered<CacheRow>> =>
  asked.groupBy === null ? answerHits(asked) : answerStates(asked)

const answerHits = (asked: Asked): Promise<Answered<CacheRow>> =>
  answerOverTime(asked, {
    columns: 'sums',
    begin: () => ({ requests: 0, hits: 0, unchanged: 0 }),
    add(sum, row) {
      sum.requests += row.requests
      sum.hits += row.hits
      sum.unchanged += row.unchanged
    },
    rowsOf: (sum) => [{ group: null, ...sum, hitRate: shareOf(sum.hits, sum.requests) }],
  })

const answerStates = (asked: Asked): Promise<Answered<CacheRow>> =>
  answerOverTime(asked, {
    columns: facetsOf(['cache'], { devices: false }),
    begin: (): GroupSums => new Map(),
    add: (sums, row) => addFacet(asked, sums, row.tally(), 'cache'),
    rowsOf: (sums): Omit<CacheRow, 'at'>[] => {
      const unknown = { hits: null, hitRate: null, unchanged: null }
      if (sums.size === 0) return [{ group: null, requests: 0, ...unknown }]
      return [...sums].map(([group, { count }]) => ({ group, requests: count, ...unknown }))
    },
  })
