import { operations as on } from '../../../../contract/operations/operations.ts'
import { jsonResponse } from '../../platform/http/answers.ts'
import type { AddRoutes } from '../app.ts'
import { diffVersions } from './diff-versions.ts'
import { listVersions } from './list-versions.ts'
import { readVersion } from './read-version.ts'
import { saveVersion } from './save-version.ts'

export const addVersionRoutes: AddRoutes = (bind, { db, change }) => {
  bind(on.saveVersion, (input) =>
    change(input, (scope) => saveVersion(scope, input.params.appId, input.body)),
  )
  bind(on.listVersions, async ({ params, query, actor }) =>
    jsonResponse(await listVersions({ db, actor }, params.appId, query)),
  )
  bind(on.readVersion, async ({ params, actor }) =>
    jsonResponse(await readVersion({ db, actor }, params.appId, params.version)),
  )
  bind(on.diffVersions, async ({ params, query, actor }) =>
    jsonResponse(await diffVersions({ db, actor }, params.appId, params.version, query)),
  )
}
