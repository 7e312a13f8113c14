import { describe, expect, it } from 'vitest'
import { eventually } from '../eventually.ts'
import { ask } from './ask.ts'
import { expectProblem } from './problem.ts'
import type { Shape } from './shapes.ts'
import { whenWell } from './when-calm.ts'

interface Dependency {
  state: string
  latencyMs: number | null
  lastError: string | null
  lastErrorAt: string | null
}
interface Health {
  status: string
  timestamp: string
  services: Record<'database' | 'redis', Dependency> & {
    external_apis: Dependency & { upstreams?: { name: string }[] }
  }
}

const readHealth = async (shape: Shape) => (await ask(`${shape.url}/health`)).json<Health>()

/** `/health` for people and monitors, `/livez` and `/readyz` for orchestrators. */
export const health = (shape: () => Shape): void => {
  describe('health', () => {
    it('answers /health in the shape of the contract', async () => {
      const answer = await whenWell(() => ask(`${shape().url}/health`))
      expect(answer.headers['content-type']).toBe('application/json; charset=utf-8')
      expect(answer.headers['cache-control']).toBe('no-store')
      const body = answer.json<Health>()
      expect(Object.keys(body)).toEqual(['status', 'timestamp', 'services'])
      expect(Object.keys(body.services)).toEqual(['database', 'redis', 'external_apis'])
      for (const service of Object.values(body.services)) {
        expect(Object.keys(service).slice(0, 4)).toEqual(['state', 'latencyMs', 'lastError', 'lastErrorAt'])
      }
      const upstreams = shape().apart ? ['config', 'analytics'] : []
      expect(body.services.external_apis.upstreams?.map(({ name }) => name)).toEqual(upstreams)
      expect(Math.abs(Date.parse(body.timestamp) - Date.now())).toBeLessThan(60_000)
    })

    it('tells that all it needs is well, and what it does without', async () => {
      // A machine that is busy for a moment may be slow to answer, which is told as degraded, and remembered as the last error.
      await eventually(async () => {
        const { status, services, timestamp } = await readHealth(shape())
        expect(status).toBe('ok')
        const ok = { state: 'ok', latencyMs: expect.any(Number) }
        for (const { lastError, lastErrorAt } of [services.database, services.redis]) {
          // Of a moment before, with its time; most often there was none.
          if (lastError === null) expect(lastErrorAt).toBeNull()
          else expect(Date.parse(lastErrorAt ?? '')).toBeLessThan(Date.parse(timestamp))
        }
        const without = { state: 'not_configured', latencyMs: null, lastError: null, lastErrorAt: null }
        expect(services.database).toMatchObject(ok)
        expect(services.redis).toMatchObject(shape().redis ? ok : without)
        expect(services.external_apis.state).toBe('ok')
      })
    })

    it('measures once for all who ask within a second', async () => {
      await eventually(async () => {
        const answers = await Promise.all(Array.from({ length: 30 }, () => readHealth(shape())))
        expect(new Set(answers.map((answer) => answer.timestamp)).size).toBe(1)
      })
    })

    it('measures again after that', async () => {
      const before = await readHealth(shape())
      await eventually(async () => expect((await readHealth(shape())).timestamp).not.toBe(before.timestamp))
    })

    it('answers /livez and /readyz in every process', async () => {
      for (const process of shape().processes) {
        const live = await ask(`${process.url}/livez`)
        expect([live.status, live.text]).toEqual([200, '{"status":"alive"}'])
        const ready = await ask(`${process.url}/readyz`)
        expect([ready.status, ready.text]).toEqual([200, '{"status":"ready"}'])
        await eventually(async () =>
          expect((await ask(`${process.url}/health`)).json<Health>().status).toBe('ok'),
        )
      }
    })

    it('answers HEAD, and 405 to what changes things', async () => {
      for (const path of ['/health', '/livez', '/readyz']) {
        const head = await whenWell(() => ask(`${shape().url}${path}`, { method: 'HEAD' }))
        expect(head.body.byteLength).toBe(0)
        const answer = await ask(`${shape().url}${path}`, { method: 'POST', body: {} })
        expectProblem(answer, 'method_not_allowed')
        expect(answer.headers.allow).toBe('GET, HEAD, OPTIONS')
      }
    })
  })
}
