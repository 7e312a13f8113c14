import { operations as on } from '../../../../contract/operations/operations.ts'
import { jsonResponse } from '../../platform/http/answers.ts'
import { logFault } from '../../platform/http/observe.ts'
import { toProblem } from '../../platform/http/problem-response.ts'
import { contextOf } from '../../platform/http/request-context.ts'
import { streamResponse } from '../../platform/http/stream-response.ts'
import type { AddRoutes } from '../app.ts'
import { exportFleet } from './export-fleet.ts'
import { importFleet } from './import/import-fleet.ts'
import { listFleetReleases } from './list-fleet-releases.ts'
import { readFleetRelease } from './read-fleet-release.ts'
import { releaseFleet } from './release-fleet.ts'
import { rollBackFleetRelease } from './roll-back-fleet-release.ts'

export const addFleetRoutes: AddRoutes = (bind, { db, change, transact, limits, log }) => {
  bind(on.releaseFleet, (input) => change(input, (scope) => releaseFleet(scope, input.body, limits)))
  bind(on.listFleetReleases, async ({ query, actor }) =>
    jsonResponse(await listFleetReleases({ db, actor }, query)),
  )
  bind(on.readFleetRelease, async ({ params, actor }) =>
    jsonResponse(await readFleetRelease({ db, actor }, params.fleetReleaseId)),
  )
  bind(on.rollBackFleetRelease, (input) =>
    change(input, (scope) => rollBackFleetRelease(scope, input.params.fleetReleaseId, input.body)),
  )
  const onFault = (request: Request) => (error: unknown) => logFault(log)(toProblem(error), request)
  bind(on.exportFleet, ({ query, actor, request }) =>
    streamResponse(exportFleet({ db, actor }, query), {
      contentType: 'application/x-ndjson',
      onBroken: onFault(request),
    }),
  )
  bind(on.importFleet, ({ query, actor, body, request }) => {
    const summary = importFleet(body, {
      transact,
      by: { actor, requestId: contextOf(request).requestId },
      dryRun: query.dryRun === 'true',
      onFault: onFault(request),
    })
    return streamResponse(summary, {
      contentType: 'application/json; charset=utf-8',
      pieceCharacters: 1,
      onBroken: onFault(request),
    })
  })
}
