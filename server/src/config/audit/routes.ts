import { operations as on } from '../../../../contract/operations/operations.ts'
import { jsonResponse } from '../../platform/http/answers.ts'
import type { AddRoutes } from '../app.ts'
import { listAudit } from './list-audit.ts'
import { verifyAudit } from './verify-audit.ts'

export const addAuditRoutes: AddRoutes = (bind, { db }) => {
  bind(on.listAudit, async ({ query, actor }) => jsonResponse(await listAudit({ db, actor }, query)))
  bind(on.verifyAudit, async ({ query, actor }) => jsonResponse(await verifyAudit({ db, actor }, query)))
}
