import { operations as on } from '../../../../contract/operations/operations.ts'
import { jsonResponse } from '../../platform/http/answers.ts'
import { streamResponse } from '../../platform/http/stream-response.ts'
import type { AddRoutes } from '../app.ts'
import { exportFleet } from './export-fleet.ts'
import { listFleetReleases } from './list-fleet-releases.ts'
import { readFleetRelease } from './read-fleet-release.ts'
import { releaseFleet } from './release-fleet.ts'
import { rollBackFleetRelease } from './roll-back-fleet-release.ts'

export const addFleetRoutes: AddRoutes = (bind, { db, change, limits }) => {
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
  bind(on.exportFleet, ({ query, actor }) =>
    streamResponse(exportFleet({ db, actor }, query), { contentType: 'application/x-ndjson' }),
  )
}
