import type { RouteConfig } from '@hono/zod-openapi'
import type { Hono } from 'hono'
import type { Kysely } from 'kysely'
import type { Authenticate } from '../platform/auth/authenticate.ts'
import type { Changes } from '../platform/changes/changes.ts'
import type { Tables } from '../platform/database/tables.ts'
import { bind, type Input } from '../platform/http/bind.ts'
import type { BodyLimits } from '../platform/http/read-body.ts'
import type { Log } from '../platform/log/open-log.ts'
import { addAppRoutes } from './apps/routes.ts'
import { addAuditRoutes } from './audit/routes.ts'
import type { Cdn } from './cdn/cdn.ts'
import { addPurgeRoutes } from './cdn/routes.ts'
import type { RunChange, Transact } from './change.ts'
import { addFleetRoutes } from './fleet/routes.ts'
import { addInspectRoutes } from './inspect/routes.ts'
import { addKeyRoutes } from './keys/routes.ts'
import { addLimitRoutes } from './limits/routes.ts'
import { addReleaseRoutes } from './releases/routes.ts'
import { addFreezeRoutes } from './reviews/freeze-routes.ts'
import { addProposalRoutes } from './reviews/proposal-routes.ts'
import { addScheduleRoutes } from './reviews/schedule-routes.ts'
import { addRolloutRoutes } from './rollouts/routes.ts'
import { addSchemaRoutes } from './schemas/routes.ts'
import { addVersionRoutes } from './versions/routes.ts'

interface Management {
  db: Kysely<Tables>
  change: RunChange
  transact: Transact
  authenticate: Authenticate
  limits: BodyLimits
  /** How often apps ask again that say nothing of it themselves. */
  rules: { pollSeconds: number }
  log: Log
  changes: Changes
  cdns: readonly Cdn[]
}

type Bind = <R extends RouteConfig>(operation: R, handler: (input: Input<R>) => Promise<Response>) => void

/** One resource's routes, a line an operation: each folder here has its own. */
export type AddRoutes = (bind: Bind, management: Management) => void

const resources: readonly AddRoutes[] = [
  addAppRoutes,
  addVersionRoutes,
  addInspectRoutes,
  addReleaseRoutes,
  addRolloutRoutes,
  addScheduleRoutes,
  addProposalRoutes,
  addFreezeRoutes,
  addSchemaRoutes,
  addFleetRoutes,
  addKeyRoutes,
  addLimitRoutes,
  addPurgeRoutes,
  addAuditRoutes,
]

/** The management routes of the Config API. Delivery is in delivery/deliver-config.ts. */
export const addManagement = (service: Hono, management: Management): void => {
  const bindHere: Bind = (operation, handler) => bind(service, operation, management, handler)
  for (const add of resources) add(bindHere, management)
}
