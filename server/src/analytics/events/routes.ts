import { operations as on } from '../../../../contract/operations/operations.ts'
import { jsonResponse } from '../../platform/http/answers.ts'
import { contextOf } from '../../platform/http/request-context.ts'
import type { AddRoutes } from '../app.ts'
import { findAppOrThrow, reportEventLimits } from './report-event-limits.ts'
import { setEventLimits } from './set-event-limits.ts'

export const addEventRoutes: AddRoutes = (bind, { db }) => {
  bind(on.readEventLimits, async ({ params: { appId }, actor }) => {
    await findAppOrThrow(db, actor, appId)
    return jsonResponse(await reportEventLimits(db, appId))
  })
  bind(on.setEventLimits, async ({ params: { appId }, body, actor, request }) => {
    await findAppOrThrow(db, actor, appId)
    await setEventLimits(db, appId, body, { actor, requestId: contextOf(request).requestId })
    return jsonResponse(await reportEventLimits(db, appId))
  })
}
