import { z } from '@hono/zod-openapi'
import { channelName, ruleName, severity } from './alert-rule.ts'
import { pageOf, timestamp } from './fields.ts'

const alertStates = ['pending', 'firing', 'resolved'] as const

/** One time that a rule was broken, by one app or by all that the rule is about together. */
export const alert = z
  .object({
    alertId: z.number().int().openapi({ example: 12 }),
    rule: ruleName,
    severity,
    state: z.enum(alertStates).openapi({
      description:
        'pending: broken, but not yet for as long as the rule wants; gone without a trace if it gets well before that',
      example: 'firing',
    }),
    subject: z.string().openapi({
      example: 'shop',
      description:
        'The app of a rule about each app, or the store that is down; empty: all that the rule is about. `*`: the apps beyond the first hundred',
    }),
    appId: z.string().nullable().openapi({ example: 'shop', description: 'The app or template it is about' }),
    summary: z.string().openapi({ example: '4.2 % of the reads of shop failed within 5 min (limit 1 %)' }),
    value: z.number().nullable().openapi({ example: 0.042, description: 'At the last look' }),
    limit: z.number().openapi({ example: 0.01 }),
    pendingAt: timestamp,
    firedAt: timestamp.nullable(),
    resolvedAt: timestamp.nullable(),
    resolvedBecause: z.enum(['well', 'noData', 'ruleChanged', 'ruleRemoved']).nullable().openapi({
      example: null,
      description: 'noData: for an hour nothing was known any more',
    }),
    silenceId: z
      .number()
      .int()
      .nullable()
      .openapi({ example: null, description: 'What kept it from being told' }),
    isTold: z.boolean().openapi({ description: 'Whether its firing went out to a channel' }),
  })
  .openapi('Alert')
export const alertPage = pageOf(alert).openapi('AlertPage')

export const delivery = z
  .object({
    deliveryId: z.number().int().openapi({ example: 31 }),
    messageId: z.string().openapi({
      example: 'msg_2KWPBgLlAfxdpx2AI54pPJ85f4W',
      description: 'The same each time that it is sent: `webhook-id` of a webhook, Message-ID of an e-mail',
    }),
    rule: ruleName,
    channel: channelName,
    kind: z.enum(['firing', 'resolved']),
    alertIds: z.array(z.number().int()),
    state: z.enum(['waiting', 'sent', 'failed']).openapi({ description: 'failed: given up' }),
    attempts: z.number().int(),
    lastError: z.string().nullable().openapi({ example: null }),
    createdAt: timestamp,
    dueAt: timestamp.nullable().openapi({ description: 'Not sent before; null once it has ended' }),
    endedAt: timestamp.nullable(),
  })
  .openapi('AlertDelivery')
export const deliveryPage = pageOf(delivery).openapi('AlertDeliveryPage')

export type Alert = z.infer<typeof alert>
export type AlertState = Alert['state']
export type Delivery = z.infer<typeof delivery>
