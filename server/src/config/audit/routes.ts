import { operations as on } from '../../../../contract/operations/operations.ts'
import { jsonResponse } from '../../platform/http/answers.ts'
import type { AddRoutes } from '../app.ts'
import { listAudit } from './list-audit.ts'

export const addAuditRoutes: AddRoutes = (bind, { db }) => {
  bind(on.listAudit, async ({ query }) => jsonResponse(await listAudit(db, query)))
}
