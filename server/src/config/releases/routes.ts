import { operations as on } from '../../../../contract/operations/operations.ts'
import { jsonResponse } from '../../platform/http/answers.ts'
import type { AddRoutes } from '../app.ts'
import { listReleases } from './list-releases.ts'
import { publishRelease } from './publish-release.ts'
import { readRelease } from './read-release.ts'

export const addReleaseRoutes: AddRoutes = (bind, { db, change }) => {
  bind(on.publishRelease, (input) =>
    change(input, (scope) =>
      publishRelease(scope, input.params.appId, input.body, input.headers['if-match']),
    ),
  )
  bind(on.listReleases, async ({ params, query, actor }) =>
    jsonResponse(await listReleases({ db, actor }, params.appId, query)),
  )
  bind(on.readRelease, async ({ params, query, actor }) =>
    jsonResponse(await readRelease({ db, actor }, params.appId, params.revision, query.against)),
  )
}
