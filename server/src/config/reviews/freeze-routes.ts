import { operations as on } from '../../../../contract/operations/operations.ts'
import { jsonResponse } from '../../platform/http/answers.ts'
import type { AddRoutes } from '../app.ts'
import { freezeReleases } from './freeze-releases.ts'
import { liftFreeze } from './lift-freeze.ts'
import { listFreezes } from './list-freezes.ts'

export const addFreezeRoutes: AddRoutes = (bind, { db, change }) => {
  bind(on.freezeReleases, (input) => change(input, (scope) => freezeReleases(scope, input.body)))
  bind(on.listFreezes, async ({ query, actor }) => jsonResponse(await listFreezes({ db, actor }, query)))
  bind(on.liftFreeze, (input) => change(input, (scope) => liftFreeze(scope, input.params.freezeId)))
}
