import { operations as on } from '../../../../contract/operations/operations.ts'
import type { RolloutAction } from '../../../../contract/rollout.ts'
import { jsonResponse } from '../../platform/http/answers.ts'
import type { ChangeRequest } from '../../platform/idempotency/answer-once.ts'
import type { AddRoutes } from '../app.ts'
import { type ActionInput, changeRollout } from './change-rollout.ts'
import { readRollout } from './find-rollout.ts'
import { listRollouts } from './list-rollouts.ts'
import { signalRollout } from './signal-rollout.ts'

type ActionRequest = ChangeRequest & { params: { rolloutId: number }; body: ActionInput }

export const addRolloutRoutes: AddRoutes = (bind, { db, change }) => {
  bind(on.listRollouts, async ({ query, actor }) => jsonResponse(await listRollouts({ db, actor }, query)))
  bind(on.readRollout, async ({ params, actor }) =>
    jsonResponse(await readRollout({ db, actor }, params.rolloutId)),
  )
  const act = (input: ActionRequest, action: RolloutAction) =>
    change(input, (scope) => changeRollout(scope, input.params.rolloutId, action, input.body))
  bind(on.pauseRollout, (input) => act(input, 'pause'))
  bind(on.resumeRollout, (input) => act(input, 'resume'))
  bind(on.promoteRollout, (input) => act(input, 'promote'))
  bind(on.abortRollout, (input) => act(input, 'abort'))
  bind(on.signalRollout, (input) =>
    change(input, (scope) => signalRollout(scope, input.params.rolloutId, input.body)),
  )
}
