import type { Hono } from 'hono'
import { contextOf } from '../http/request-context.ts'
import { apiSecurity } from '../http/security-headers.ts'
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
      kept = collect().then((metrics) => writePrometheus(metrics, target))
      keptUntil = performance.now() + keptMs
    }
    return new Response(await kept, {
      headers: { 'content-type': prometheusType, 'cache-control': 'no-store', ...apiSecurity },
    })
  })
}
