import { addHealthRoutes } from '../platform/health/health-routes.ts'
import { notConfigured } from '../platform/health/measure-health.ts'
import type { Readiness } from '../platform/health/readiness.ts'
import { logFault } from '../platform/http/observe.ts'
import { createService } from '../platform/http/service.ts'
import type { Log } from '../platform/log/open-log.ts'
import type { Peer } from '../platform/peers/peer.ts'

interface AnalyticsServiceOptions {
  readiness: Readiness
  log: Log
}

/** The Analytics API: so far its health alone; ingestion and questions are routed here. */
export const createAnalyticsService = ({ readiness, log }: AnalyticsServiceOptions): { fetch: Peer } => {
  const service = createService({ onFault: logFault(log) })
  const services = { database: notConfigured, redis: notConfigured, external_apis: notConfigured }
  const measure = async () => ({ status: 'ok' as const, timestamp: new Date().toISOString(), services })
  addHealthRoutes(service, measure, readiness)
  return { fetch: (request) => service.fetch(request) }
}
