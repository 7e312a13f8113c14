import type { TopRow } from '../../../../contract/analytics.ts'
import { takeTurns } from '../../platform/take-turns.ts'
import type { Answered, Asked } from './asked.ts'
import { facetOf } from './facet-of.ts'
import { addFacet, type GroupSums, shareOf, tellGroup } from './groups.ts'
import { addParts, hasParts, isPartFacet } from './read-parts.ts'
import { facetsOf, readRows } from './read-rows.ts'

/** The most frequent values of a facet over the whole time, by requests or by devices. */
export const answerTop = async (asked: Asked, order: 'requests' | 'devices'): Promise<Answered<TopRow>> => {
  const facet = facetOf(asked, asked.groupBy ?? 'platform')
  const sums: GroupSums = new Map()
  const isAbove = asked.appId === null
  const wanted = facetsOf([facet], { devices: !isAbove })
  const turns = takeTurns()
  for (const row of await readRows(asked, asked.slices, wanted)) {
    await turns()
    addFacet(asked, sums, row.tally(), facet)
  }
  const hasDevices = !isAbove || (isPartFacet(facet) && hasParts(asked))
  if (isAbove && isPartFacet(facet)) (await addParts(asked, facet)(asked.slices))(0, sums)
  const told = [...sums].map(([group, sum]) => ({
    ...{ group, requests: sum.count },
    ...(hasDevices ? tellGroup(asked, sum) : { devices: null, atLeast: false }),
  }))
  const rankOf = (row: (typeof told)[number]) => (order === 'devices' ? (row.devices ?? 0) : row.requests)
  const whole = told.reduce((sum, row) => sum + rankOf(row), 0)
  told.sort((one, two) => rankOf(two) - rankOf(one) || (one.group < two.group ? -1 : 1))
  const rows = told.map((row) => ({ ...row, share: shareOf(rankOf(row), whole) }))
  return pageOfRanked(asked, rows, rankOf)
}

/** A page of rows that are sorted by a number, the highest first, then by group: its place is both. */
export const pageOfRanked = <Row extends { group: string }>(
  { after, limit }: Asked,
  sorted: readonly Row[],
  rankOf: (row: Row) => number,
): Answered<Row> => {
  const isAfter = (row: Row) =>
    after === null || rankOf(row) < after.start || (rankOf(row) === after.start && row.group > after.key)
  const rest = sorted.filter(isAfter)
  const rows = rest.slice(0, limit)
  const last = rows.at(-1)
  return { rows, next: rest.length > limit && last ? { start: rankOf(last), key: last.group } : null }
}
