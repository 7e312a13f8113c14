import { operations as on } from '../../../../contract/operations/operations.ts'
import { jsonResponse } from '../../platform/http/answers.ts'
import type { AddRoutes } from '../app.ts'
import { createKey } from './create-key.ts'
import { listKeys } from './list-keys.ts'
import { revokeKey } from './revoke-key.ts'
import { rotateKey } from './rotate-key.ts'

export const addKeyRoutes: AddRoutes = (bind, { db, change }) => {
  bind(on.createKey, (input) => change(input, (scope) => createKey(scope, input.body)))
  bind(on.listKeys, async ({ query, actor }) => jsonResponse(await listKeys({ db, actor }, query)))
  bind(on.rotateKey, (input) => change(input, (scope) => rotateKey(scope, input.params.keyId, input.body)))
  bind(on.revokeKey, (input) => change(input, (scope) => revokeKey(scope, input.params.keyId)))
}
