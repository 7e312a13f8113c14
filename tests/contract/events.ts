import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { newEventId } from '../../server/src/analytics/events/events.fixture.ts'
import { ask, type Question } from './ask.ts'
import { createApp, createKey, freshId, manage } from './operator.ts'
import { expectProblem } from './problem.ts'
import type { Shape } from './shapes.ts'

const anEvent = (more: object = {}) => ({
  ...{ eventId: newEventId(), name: 'checkout', at: new Date().toISOString(), bucket: 4711 },
  ...more,
})

const send = (shape: Shape, address: string, list: unknown[], more: Question = {}) =>
  ask(`${shape.url}/v1/api/analytics/${address}`, {
    method: 'POST',
    body: { events: list },
    ...more,
    headers: { 'content-type': 'application/json', ...more.headers },
  })

/** What apps send is stored once, whatever the runtime, the processes and the stores. */
export const events = (shape: () => Shape): void => {
  describe('events of apps', () => {
    it('are stored once, packed or not, and a wrong one does not hold up the others', async () => {
      const { appId } = await createApp(shape())
      const list = [anEvent({ properties: { sku: 'ü "x"' } }), anEvent()]
      const first = await send(shape(), `${appId}/events`, [...list, anEvent({ bucket: -1 })])
      expect(first.status, first.text).toBe(202)
      expect(first.json()).toMatchObject({
        ...{ accepted: 2, duplicates: 0, rejected: [{ index: 2, code: 'invalid_field' }] },
      })
      expect(first.headers['access-control-allow-origin']).toBe('*')
      const packed = gzipSync(JSON.stringify({ events: [...list, anEvent()], sentAt: new Date() }))
      const again = await send(shape(), `${appId}/events`, [], {
        ...{ body: packed, headers: { 'content-encoding': 'gzip' } },
      })
      expect(again.json()).toEqual({ accepted: 1, duplicates: 2, rejected: [] })
      await expect
        .poll(
          async () =>
            (await manage(shape(), 'GET', `/analytics/apps/${appId}/event-limits`)).json<{ today: object }>()
              .today,
        )
        .toMatchObject({ accepted: 3, duplicates: 2, rejected: 1 })
    })

    it('come from a page that is left, with a client key in the address', async () => {
      const { appId } = await createApp(shape(), { access: 'key' })
      const { key } = await createKey(shape(), { role: 'client', appIds: [appId], channel: 'stable' })
      const beacon = { headers: { 'content-type': 'text/plain;charset=UTF-8', origin: 'https://a.example' } }
      const sent = await send(shape(), `${appId}/events?key=${key}`, [anEvent()], beacon)
      expect(sent.status, sent.text).toBe(202)
      expectProblem(await send(shape(), `${appId}/events`, [anEvent()], beacon), 'unauthorized')
      const operators = await createKey(shape(), { role: 'viewer' })
      const refused = await send(shape(), `${appId}/events?key=${operators.key}`, [anEvent()], beacon)
      expectProblem(refused, 'unauthorized')
      const preflight = await ask(`${shape().url}/v1/api/analytics/${appId}/events`, {
        method: 'OPTIONS',
        headers: { origin: 'https://a.example', 'access-control-request-method': 'POST' },
      })
      expect(preflight.status).toBe(204)
      expect(preflight.headers['access-control-allow-headers']).toContain('Content-Encoding')
    })

    it('of nobody, and what is no batch, are refused', async () => {
      expectProblem(await send(shape(), `${freshId()}/events`, [anEvent()]), 'app_not_found')
      const { appId } = await createApp(shape())
      expectProblem(await send(shape(), `${appId}/events`, []), 'invalid_field')
      const large = 'x'.repeat(600_000)
      expectProblem(await send(shape(), `${appId}/events`, [large]), 'body_too_large')
    })
  })
}
