import { operations as on } from '../../../../contract/operations/operations.ts'
import { jsonResponse } from '../../platform/http/answers.ts'
import type { AddRoutes } from '../app.ts'
import { changeRollout } from './change-rollout.ts'
import { readRollout } from './find-rollout.ts'
import { listRollouts } from './list-rollouts.ts'
import { signalRollout } from './signal-rollout.ts'

export const addRolloutRoutes: AddRoutes = (bind, { db, change }) => {
  bind(on.listRollouts, async ({ query, actor }) => jsonResponse(await listRollouts({ db, actor }, query)))
  bind(on.readRollout, async ({ params, actor }) =>
    jsonResponse(await readRollout({ db, actor }, params.rolloutId)),
  )
  bind(on.changeRollout, (input) =>
    change({ ...input, headers: undefined }, (scope) =>
      changeRollout(scope, input.params.rolloutId, input.params.action, input.body),
    ),
  )
  bind(on.signalRollout, (input) =>
    change({ ...input, headers: undefined }, (scope) =>
      signalRollout(scope, input.params.rolloutId, input.body),
    ),
  )
}
