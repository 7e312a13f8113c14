import { createAnalyticsService } from './analytics/service.ts'
import type { Peer } from './platform/peers/peer.ts'
import type { Ground, Process } from './start-database.ts'

/** Opens the analytics service on the database. */
export const startAnalytics = (
  started: Process,
  { database, authenticate, clientKeys }: Ground,
): { fetch: Peer } => {
  const service = createAnalyticsService({
    ...started,
    db: database.kysely,
    pingDatabase: () => database.ping(),
    authenticate,
    clientKeys,
  })
  started.closers.add('analytics service', () => service.close())
  return { fetch: service.fetch }
}
