import type { RouteConfig } from '@hono/zod-openapi'
import type { Hono } from 'hono'
import type { Kysely } from 'kysely'
import type { Authenticate } from '../platform/auth/authenticate.ts'
import type { Tables } from '../platform/database/tables.ts'
import { bind, type Input } from '../platform/http/bind.ts'
import type { BodyLimits } from '../platform/http/read-body.ts'
import type { Log } from '../platform/log/open-log.ts'
import { addEventRoutes } from './events/routes.ts'
import { addGuardRoutes } from './guards/routes.ts'
import { addQuestionRoutes } from './questions/routes.ts'
import type { KeepDays } from './rollups/fold-turn.ts'
import { addUsageRoutes } from './usage/routes.ts'

interface Management {
  db: Kysely<Tables>
  authenticate: Authenticate
  limits: BodyLimits
  log: Log
  /** Days that counts by the minute, hour and day are kept. */
  keep: KeepDays
  /** Days that events are kept. */
  eventsDays: number
}

type Bind = <R extends RouteConfig>(operation: R, handler: (input: Input<R>) => Promise<Response>) => void

/** The operators' routes of one folder, a line an operation. */
export type AddRoutes = (bind: Bind, management: Management) => void

const resources: readonly AddRoutes[] = [addEventRoutes, addQuestionRoutes, addUsageRoutes, addGuardRoutes]

/** The operators' routes of the Analytics API; what apps send is in events/. */
export const addManagement = (service: Hono, management: Management): void => {
  const bindHere: Bind = (operation, handler) => bind(service, operation, management, handler)
  for (const add of resources) add(bindHere, management)
}
