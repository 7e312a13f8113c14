import { operations as on } from '../../../../contract/operations/operations.ts'
import { jsonResponse } from '../../platform/http/answers.ts'
import type { AddRoutes } from '../app.ts'
import { readGuards } from './read-guards.ts'

export const addGuardRoutes: AddRoutes = (bind, { db }) => {
  bind(on.readRolloutGuards, async ({ params, actor }) =>
    jsonResponse(await readGuards({ db, actor }, params.rolloutId)),
  )
}
