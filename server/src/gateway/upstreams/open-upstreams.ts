import { type HttpPeer, httpPeer } from '../../platform/peers/http-peer.ts'
import type { Telemetry } from '../../platform/telemetry/telemetry.ts'
import type { RouteSpec } from '../routes/route-schema.ts'

/** Hears of upstreams (by their place in the list, from 1) that go or come back. */
export type UpstreamChanged = (route: string, upstream: number, isHealthy: boolean) => void

/** What is behind a route of the routes file. */
export const openUpstreams = (
  spec: RouteSpec,
  changed: UpstreamChanged,
  telemetry?: Telemetry | undefined,
): HttpPeer =>
  httpPeer({
    ...(telemetry && { telemetry }),
    name: spec.name,
    baseUrl: spec.upstreams.join(','),
    timeoutMs: spec.timeouts.headersMs,
    connectMs: spec.timeouts.connectMs,
    silenceMs: spec.timeouts.bodyMs,
    retries: spec.retries,
    mostUnderWay: spec.maxUnderWay,
    maxBodyBytes: spec.maxBodyBytes,
    health: spec.health,
    // What is stored is for every key, so an answer must not depend on it.
    requestRules: { ...spec.request, ...(spec.auth === 'key' && { keys: spec.cached ? 'hide' : 'tell' }) },
    answerRules: spec.answer,
    isForeign: true,
    changed: (upstream, isHealthy) => changed(spec.name, upstream, isHealthy),
  })
