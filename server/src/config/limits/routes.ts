import { operations as on } from '../../../../contract/operations/operations.ts'
import { jsonResponse } from '../../platform/http/answers.ts'
import type { AddRoutes } from '../app.ts'
import { changeLimit } from './change-limit.ts'
import { createLimit } from './create-limit.ts'
import { listLimits } from './list-limits.ts'
import { readLimit } from './read-limit.ts'
import { removeLimit } from './remove-limit.ts'

export const addLimitRoutes: AddRoutes = (bind, { db, change }) => {
  bind(on.createLimit, (input) => change(input, (scope) => createLimit(scope, input.body)))
  bind(on.listLimits, async ({ query, actor }) => jsonResponse(await listLimits({ db, actor }, query)))
  bind(on.readLimit, async ({ params, actor }) => {
    const limit = await readLimit({ db, actor }, params.name)
    return jsonResponse(limit, { headers: { etag: `"${limit.revision}"` } })
  })
  bind(on.changeLimit, (input) =>
    change(input, (scope) => changeLimit(scope, input.params.name, input.body, input.headers['if-match'])),
  )
  bind(on.removeLimit, (input) =>
    change(input, (scope) => removeLimit(scope, input.params.name, input.headers['if-match'])),
  )
}
