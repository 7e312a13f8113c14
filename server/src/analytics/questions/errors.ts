import type { ErrorsRow } from '../../../../contract/analytics.ts'
import { answerOverTime } from './answer-over-time.ts'
import type { Answered, Asked } from './asked.ts'
import { byVersion } from './by-version.ts'
import { facetOf } from './facet-of.ts'
import { addFacet, type GroupSum, type GroupSums, shareOf, tellDevices } from './groups.ts'
import { findReleases } from './list-releases.ts'
import { facetsOf } from './read-rows.ts'

const reported = { appErrors: 'app_error', configFailures: 'config_failed' } as const

/** What went wrong: here (5xx), and on devices, as they reported it. */
export const answerErrors = (asked: Asked): Promise<Answered<ErrorsRow>> =>
  asked.groupBy === null ? answerAll(asked) : answerGroups(asked, asked.groupBy)

interface Sum {
  requests: number
  refused: number
  errors: number
  events: GroupSums
}

const answerAll = (asked: Asked): Promise<Answered<ErrorsRow>> =>
  answerOverTime(asked, {
    columns: facetsOf(['event'], { devices: asked.appId !== null }),
    begin: (): Sum => ({ requests: 0, refused: 0, errors: 0, events: new Map() }),
    add(sum, row) {
      sum.requests += row.requests
      sum.refused += row.refused
      sum.errors += row.errors
      addFacet(asked, sum.events, row.tally(), 'event')
    },
    rowsOf: ({ events, ...sum }) => [
      {
        ...{ group: null, ...sum, errorRate: shareOf(sum.errors, sum.requests) },
        ...tellReported(asked, events.get(reported.appErrors), events.get(reported.configFailures)),
      },
    ],
  })

interface GroupedSum {
  requests: GroupSums
  appErrors: GroupSums
  configFailures: GroupSums
}

const answerGroups = (asked: Asked, groupBy: string): Promise<Answered<ErrorsRow>> => {
  const names = Object.values(reported).map((name) => `event/${name}/${groupBy}`)
  // Requests are counted by their revision alone, which tells the version.
  const isByVersion = groupBy === 'configVersion'
  const ofRequests = isByVersion ? 'revision' : facetOf(asked, groupBy)
  const facets = [ofRequests, ...names]
  return answerOverTime(asked, {
    columns: facetsOf(facets, { devices: asked.appId !== null }),
    begin: (): GroupedSum => ({ requests: new Map(), appErrors: new Map(), configFailures: new Map() }),
    add(sum, row) {
      const tally = row.tally()
      addFacet(asked, sum.requests, tally, ofRequests)
      for (const kind of ['appErrors', 'configFailures'] as const) {
        addFacet(asked, sum[kind], tally, `event/${reported[kind]}/${groupBy}`)
      }
    },
    ...(isByVersion && { finish: toVersions(asked) }),
    rowsOf: ({ requests, appErrors, configFailures }) => {
      const groups = new Set([...requests.keys(), ...appErrors.keys(), ...configFailures.keys()])
      const unknown = { refused: null, errors: null, errorRate: null }
      const rows = [...groups].map((group: string | null) => ({
        ...{ group, requests: requests.get(group ?? '')?.count ?? 0, ...unknown },
        ...tellReported(asked, appErrors.get(group ?? ''), configFailures.get(group ?? '')),
      }))
      if (rows.length > 0) return rows
      return [{ group: null, requests: 0, ...unknown, ...tellReported(asked, undefined, undefined) }]
    },
  })
}

const toVersions =
  ({ db }: Asked) =>
  async (sums: readonly GroupedSum[]): Promise<void> => {
    const revisions = sums.flatMap(({ requests }) => [...requests.keys()])
    const known = await findReleases(db, revisions)
    for (const sum of sums) sum.requests = byVersion(sum.requests, known)
  }

const tellReported = (asked: Asked, appErrors: GroupSum | undefined, failures: GroupSum | undefined) => {
  const devicesOf = (sum: GroupSum | undefined) =>
    asked.appId === null ? null : tellDevices(asked, sum?.devices ?? null).devices
  return {
    appErrors: appErrors?.count ?? 0,
    appErrorDevices: devicesOf(appErrors),
    configFailures: failures?.count ?? 0,
    configFailureDevices: devicesOf(failures),
  }
}
