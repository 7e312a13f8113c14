import type { Hono } from 'hono'
import { contextOf } from '../http/request-context.ts'
import { apiSecurity } from '../http/security-headers.ts'
import { joinMetrics } from './join-metrics.ts'
import type { Metric } from './metric.ts'
import type { Telemetry } from './telemetry.ts'

const keptMs = 1_000

/** `GET /metrics` for Prometheus; made at most once a second, so that it cannot be used to load the process. */
export const addMetricsRoute = (service: Hono, { collect, resource }: Telemetry): void => {
  // Prometheus tells instances apart itself.
  const { 'service.instance.id': _, ...target } = resource
  let kept: Promise<string> | undefined
  let keptUntil = 0
  service.get('/metrics', async (c) => {
    contextOf(c.req.raw).route = '/metrics'
    // Loaded when first asked for, as it is in few processes before they serve.
    const { writePrometheus, prometheusType } = await import('./write-prometheus.ts')
    if (kept === undefined || performance.now() > keptUntil) {
      kept = collect().then((metrics) => writePrometheus(withoutHosts(metrics), target))
      keptUntil = performance.now() + keptMs
    }
    return new Response(await kept, {
      headers: { 'content-type': prometheusType, 'cache-control': 'no-store', ...apiSecurity },
    })
  })
}

/** Where upstreams are is told to nobody who only reaches the port, as in /health. */
const withoutHosts = (metrics: readonly Metric[]): Metric[] =>
  joinMetrics(
    metrics.map((metric) => {
      const points = metric.points.map((point) => {
        const { 'server.address': _, 'server.port': __, ...attributes } = point.attributes
        return { ...point, attributes }
      })
      return { ...metric, points } as Metric
    }),
  )
