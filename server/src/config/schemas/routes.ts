import { operations as on } from '../../../../contract/operations/operations.ts'
import { jsonResponse } from '../../platform/http/answers.ts'
import type { AddRoutes } from '../app.ts'
import { readSchema } from './read-schema.ts'
import { removeSchema } from './remove-schema.ts'
import { setSchema } from './set-schema.ts'

export const addSchemaRoutes: AddRoutes = (bind, { db, change }) => {
  bind(on.readSchema, async ({ params, actor }) => {
    const { schema, revision } = await readSchema({ db, actor }, params.appId)
    return jsonResponse(schema, { headers: { etag: `"${revision}"` } })
  })
  bind(on.setSchema, (input) =>
    change(input, (scope) => setSchema(scope, input.params.appId, input.body, input.headers['if-match'])),
  )
  bind(on.removeSchema, (input) =>
    change(input, (scope) => removeSchema(scope, input.params.appId, input.headers['if-match'])),
  )
}
