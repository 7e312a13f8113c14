import { createAnalyticsService } from './analytics/service.ts'
import { networksOf } from './platform/http/networks.ts'
import { httpPeer } from './platform/peers/http-peer.ts'
import type { Peer } from './platform/peers/peer.ts'
import type { Ground, Process } from './start-database.ts'

const configTimeoutMs = 10_000

/** Opens the analytics service on the database; `config` is the config service where it is in this process. */
export const startAnalytics = (
  started: Process,
  { database, adminToken, authenticate, clientKeys }: Ground,
  config: Peer | undefined,
): { fetch: Peer } => {
  const { settings, closers } = started
  const service = createAnalyticsService({
    ...started,
    db: database.kysely,
    pingDatabase: () => database.ping(),
    authenticate,
    clientKeys,
    limits: { maxBytes: settings.maxDocumentBytes, maxDepth: settings.maxDocumentDepth },
    eventsDays: settings.eventsDays,
    keep: {
      minute: settings.minuteCountsDays,
      hour: settings.hourCountsDays,
      day: settings.dayCountsDays,
    },
    config: config ?? remoteConfig(started),
    adminToken: adminToken.token,
    prometheusUrl: settings.prometheusUrl,
    requireIfMatch: settings.requireIfMatch,
    alerts: alertSettings(settings),
  })
  closers.add('analytics service', () => service.close())
  return { fetch: service.fetch }
}

const alertSettings = ({ alertNetworks, smtpUrl, alertFrom: from = '', publicUrl }: Process['settings']) => ({
  alertNetworks: networksOf(alertNetworks),
  mail: smtpUrl === undefined ? undefined : { smtpUrl, from },
  publicUrl,
})

const remoteConfig = ({
  settings: { configUrl },
  readiness,
  closers,
  telemetry,
}: Process): Peer | undefined => {
  if (configUrl === undefined) return undefined
  const remote = httpPeer({ name: 'config', baseUrl: configUrl, timeoutMs: configTimeoutMs, telemetry })
  readiness.onStop(remote.drain)
  closers.add('peer config of analytics', remote.close)
  return remote.peer
}
