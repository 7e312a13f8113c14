import type { Kysely } from 'kysely'
import type { Authenticate } from '../platform/auth/authenticate.ts'
import type { Tables } from '../platform/database/tables.ts'
import { addHealthRoutes } from '../platform/health/health-routes.ts'
import { keepForASecond, notConfigured, watchDependency } from '../platform/health/measure-health.ts'
import type { Readiness } from '../platform/health/readiness.ts'
import { logFault } from '../platform/http/observe.ts'
import type { BodyLimits } from '../platform/http/read-body.ts'
import { createService } from '../platform/http/service.ts'
import type { ClientKeys } from '../platform/keys/client-keys.ts'
import { logRarely } from '../platform/log/log-rarely.ts'
import type { Log } from '../platform/log/open-log.ts'
import type { Peer } from '../platform/peers/peer.ts'
import { addMetricsRoute } from '../platform/telemetry/metrics-route.ts'
import { createTelemetry, type Telemetry } from '../platform/telemetry/telemetry.ts'
import { type AlertSettings, openAlerts } from './alerts/open-alerts.ts'
import { readAlert } from './alerts/read-alert.ts'
import { addManagement } from './app.ts'
import { openEvents } from './events/open-events.ts'
import { openGuards } from './guards/open-guards.ts'
import { sendSignals } from './guards/send-signal.ts'
import { observeAnalytics } from './observe-analytics.ts'
import type { KeepDays } from './rollups/fold-turn.ts'
import { keepFolding } from './rollups/keep-folding.ts'
import { addCounts } from './rollups/take-counts.ts'

export interface AnalyticsServiceOptions {
  db: Kysely<Tables>
  pingDatabase: () => Promise<void>
  authenticate: Authenticate
  clientKeys: ClientKeys
  readiness: Readiness
  log: Log
  limits: BodyLimits
  /** Days that events are kept. */
  eventsDays: number
  /** Days that counts by the minute, hour and day are kept. */
  keep: KeepDays
  /** The config service, for what numbers say of a rollout; undefined where this process knows none. */
  config: Peer | undefined
  /** For what is asked of it. */
  adminToken: string
  /** The Prometheus that guards may ask. */
  prometheusUrl: string | undefined
  telemetry?: Telemetry
  requireIfMatch: boolean
  /** How alerts are told. */
  alerts: AlertSettings
}

/** The Analytics API: what apps and gateways tell is kept and counted, questions about it are answered. */
export const createAnalyticsService = (
  options: AnalyticsServiceOptions,
): { fetch: Peer; close: () => Promise<void> } => {
  const service = createService({ onFault: logFault(options.log) })
  addManagement(service, options)
  const guards = openGuards({
    ...options,
    readAlert,
    send: options.config && sendSignals(options.config, options.adminToken),
  })
  const events = openEvents(service, { ...options, alongside: guards.addEvents })
  const alerts = openAlerts(service, { ...options, ...options.alerts })
  const { db, keep, log } = options
  addCounts(service, db)
  const folding = keepFolding({
    ...{ db, keep, alongside: guards.addReads },
    onError: logRarely<string>(60_000, (what, err, leftOut) => log.warn({ err, leftOut }, what)),
  })
  const measure = measureHealth(options)
  addHealthRoutes(service, measure, options.readiness)
  const { telemetry = createTelemetry() } = options
  addMetricsRoute(service, telemetry)
  observeAnalytics(telemetry.meters, { db, measure, waitingEvents: events.waiting })
  return {
    fetch: (request) => service.fetch(request),
    async close() {
      // Where the database is silent each waits for it: together, not one after the other.
      await Promise.all([alerts, events, guards, folding].map((work) => work.close()))
    },
  }
}

/** Nothing can be kept or told without the database. */
const measureHealth = ({ pingDatabase }: AnalyticsServiceOptions) => {
  const database = watchDependency(pingDatabase)
  return keepForASecond(async () => {
    const services = { database: await database(), redis: notConfigured, external_apis: notConfigured }
    const status = services.database.state === 'down' ? ('down' as const) : ('ok' as const)
    return { status, timestamp: new Date().toISOString(), services }
  })
}
