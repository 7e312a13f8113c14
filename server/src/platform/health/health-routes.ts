import type { Hono } from 'hono'
import type { Health } from '../../../../contract/health.ts'
import { jsonResponse } from '../http/answers.ts'
import type { Readiness } from './readiness.ts'

/** `/health`, `/livez` and `/readyz`, the same on every service. */
export const addHealthRoutes = (
  service: Hono,
  measure: () => Promise<Health>,
  readiness: Readiness,
): void => {
  service.get('/health', async () => {
    const health = await measure()
    return jsonResponse(health, { status: health.status === 'down' ? 503 : 200 })
  })
  service.get('/livez', () => jsonResponse({ status: 'alive' }))
  service.get('/readyz', () => {
    const state = readiness.state()
    return jsonResponse({ status: state }, { status: state === 'ready' ? 200 : 503 })
  })
}
