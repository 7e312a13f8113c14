import { operations as on } from '../../../../contract/operations/operations.ts'
import { jsonResponse } from '../../platform/http/answers.ts'
import type { AddRoutes } from '../app.ts'
import { listDeprecations } from './list-deprecations.ts'
import { previewConfig } from './preview-config.ts'
import { readEffective } from './read-effective.ts'
import { whereUsed } from './where-used.ts'

/** What clients get, and where it comes from. */
export const addInspectRoutes: AddRoutes = (bind, { db, rules }) => {
  bind(on.readEffective, async ({ params, query, actor }) =>
    jsonResponse(await readEffective({ db, actor }, params.appId, query)),
  )
  bind(on.previewConfig, async ({ params, body, actor }) =>
    jsonResponse(await previewConfig({ db, actor, pollSeconds: rules.pollSeconds }, params.appId, body)),
  )
  bind(on.whereUsed, async ({ query, actor }) => jsonResponse(await whereUsed({ db, actor }, query)))
  bind(on.listDeprecations, async ({ query, actor }) =>
    jsonResponse(await listDeprecations({ db, actor }, query)),
  )
}
