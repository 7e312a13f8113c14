import type { EventsRow } from '../../../../contract/analytics.ts'
import { Problem } from '../../../../contract/problems.ts'
import { answerOverTime } from './answer-over-time.ts'
import type { Answered, Asked } from './asked.ts'
import { addFacet, type GroupSums, tellDevices } from './groups.ts'
import { facetsOf } from './read-rows.ts'

interface EventsQuery {
  event?: string | undefined
  property?: string | undefined
}

/** What apps reported, by name; of one name by a property or by what devices are. Throws 400 for the latter without a name. */
export const answerEvents = (
  asked: Asked,
  { event, property }: EventsQuery,
): Promise<Answered<EventsRow>> => {
  const facet = facetFor(asked, event, property)
  const only = facet === 'event' ? event : undefined
  // Devices of each value of each property would be most of what is kept; above apps events have none.
  const hasDevices = asked.appId !== null && property === undefined
  return answerOverTime(
    { ...asked, groupBy: only === undefined ? 'event' : null },
    {
      columns: facetsOf([facet], { devices: hasDevices }),
      begin: (): GroupSums => new Map(),
      add: (sums, row) => addFacet(asked, sums, row.tally(), facet),
      rowsOf: (sums) => {
        const groups = [...sums].filter(([value]) => only === undefined || value === only)
        const none = { devices: hasDevices ? 0 : null, atLeast: false }
        if (groups.length === 0) return [{ group: only ?? null, count: 0, ...none }]
        return groups.map(([group, { count, devices }]) => ({
          ...{ group, count },
          ...(hasDevices ? tellDevices(asked, devices) : none),
        }))
      },
    },
  )
}

const facetFor = ({ groupBy }: Asked, event: string | undefined, property: string | undefined): string => {
  if (property !== undefined && groupBy !== null)
    throw refused('groupBy', 'take `property` or `groupBy`, not both')
  if (property === undefined && groupBy === null) return 'event'
  if (event === undefined) throw refused('event', 'name the event whose properties or devices are meant')
  return property === undefined ? `event/${event}/${groupBy}` : `event/${event}/property/${property}`
}

const refused = (parameter: string, detail: string): Problem =>
  new Problem('invalid_parameter', {
    detail: `${parameter}: ${detail}`,
    errors: [{ code: 'invalid_parameter', parameter, detail }],
  })
