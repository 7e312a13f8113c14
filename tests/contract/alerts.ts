import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Alert, Delivery } from '../../contract/alert.ts'
import {
  type Received,
  startReceiver,
  type TestReceiver,
} from '../../server/src/analytics/alerts/receiver.fixture.ts'
import { eventually } from '../eventually.ts'
import { freshId, manage, type Page } from './operator.ts'
import { expectProblem } from './problem.ts'
import type { Shape } from './shapes.ts'

/** A rule is evaluated and told once, whatever the runtime, the processes and the stores. All else is tested beside the code. */
export const alerts = (shape: () => Shape): void => {
  describe('alerts', () => {
    let receiver: TestReceiver
    beforeAll(async () => {
      receiver = await startReceiver()
    })
    afterAll(() => receiver.close())

    it('fire, are told once and signed, and end with their rule', async () => {
      const name = freshId('quiet').replace('.', '-')
      const post = async (path: string, body: object) => {
        const answer = await manage(shape(), 'POST', `/alerts/${path}`, { body })
        expect(answer.status, answer.text).toBe(201)
        return answer.json<{ secret: string }>()
      }
      const { secret } = await post('channels', {
        name,
        kind: 'webhook',
        url: receiver.url,
        isDefault: false,
      })
      const on = { question: 'usage', measure: 'count', where: { facet: 'country', value: name } }
      const condition = { kind: 'threshold', below: 1 }
      await post('rules', { name, on, condition, forSeconds: 0, channels: [name] })
      await eventually(() => expect(receiver.received).toHaveLength(1))
      const { headers = {}, text = '' }: Partial<Received> = receiver.received[0] ?? {}
      const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${text}`
      const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
      expect(headers['webhook-signature']).toBe(
        `v1,${createHmac('sha256', key).update(signed).digest('base64')}`,
      )
      const summary = `Requests with country ${name}: 0 within 5 min (limit 1)`
      expect(JSON.parse(text)).toMatchObject({
        type: 'alert.firing',
        data: { rule: name, alerts: [{ summary }] },
      })
      const list = async <Item>(path: string) =>
        (await manage(shape(), 'GET', `/alerts${path}`)).json<Page<Item>>().items
      expect(await list<Alert>(`?rule=${name}`)).toMatchObject([{ state: 'firing', isTold: true, summary }])
      await manage(shape(), 'DELETE', `/alerts/rules/${name}`)
      await eventually(() => expect(receiver.received).toHaveLength(2))
      expect(await list<Alert>(`?rule=${name}&state=all`)).toMatchObject([{ resolvedBecause: 'ruleRemoved' }])
      const deliveries = await list<Delivery>(`/deliveries?channel=${name}`)
      expect(deliveries.map(({ kind, attempts }) => [kind, attempts])).toEqual([
        ['resolved', 1],
        ['firing', 1],
      ])
    })

    it('are told to no address that is not public, unless it is named', async () => {
      const name = freshId('inside').replace('.', '-')
      const body = { name, kind: 'webhook', url: 'http://169.254.169.254/', isDefault: false }
      await manage(shape(), 'POST', '/alerts/channels', { body })
      const test = await manage(shape(), 'POST', `/alerts/channels/${name}/test`)
      expect(test.json()).toMatchObject({
        isDelivered: false,
        answer: expect.stringContaining('no public address'),
      })
      expectProblem(await manage(shape(), 'GET', '/alerts/channels/none'), 'alert_channel_not_found')
    })
  })
}
