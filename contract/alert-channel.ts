import { z } from '@hono/zod-openapi'
import { channelName, severity } from './alert-rule.ts'
import { pageOf, revision, timestamp } from './fields.ts'

/** Only its form: where it leads is found out, and may be refused, each time something is sent there. */
const receiverUrl = z
  .string()
  .max(2000)
  .refine((text) => {
    const url = URL.parse(text)
    return url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === ''
  }, 'expected a URL with https:// or http://, without a user or a password')

/** One plain address (RFC 5321 without quoted names): nothing in it can end a line or begin another header. */
const mailAddress = z
  .string()
  .max(254)
  .regex(
    /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*$/,
    'expected one plain e-mail address',
  )
const to = z
  .array(mailAddress)
  .min(1)
  .max(50)
  .openapi({ example: ['on-call@example.com'] })

const isDefault = z.boolean().openapi({
  example: true,
  description: 'Told of each rule that names no channels, such as those that are there from the start',
})
const leastSeverity = severity.openapi({ example: 'info', description: 'Only what is as severe, or more' })
const note = z.string().max(2000).nullable().openapi({ example: null, description: 'For other operators' })
const isEnabled = z.boolean().openapi({ example: true })

const common = {
  name: channelName,
  isDefault: isDefault.default(true),
  leastSeverity: leastSeverity.default('info'),
  isEnabled: isEnabled.default(true),
  note: note.default(null),
}

export const createChannelInput = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('webhook'), ...common, url: receiverUrl }),
    z.strictObject({ kind: z.literal('slack'), ...common, url: receiverUrl }),
    z.strictObject({ kind: z.literal('email'), ...common, to }),
  ])
  .openapi('CreateAlertChannel', {
    example: { name: 'on-call', kind: 'webhook', url: 'https://alerts.example.com/parasol' },
  })

export const changeChannelInput = z
  .strictObject({
    url: receiverUrl.optional(),
    to: to.optional(),
    isDefault: isDefault.optional(),
    leastSeverity: leastSeverity.optional(),
    isEnabled: isEnabled.optional(),
    note: note.optional(),
  })
  .refine((change) => Object.keys(change).length > 0, 'name at least one field to change')
  .openapi('ChangeAlertChannel', { example: { isEnabled: false } })

const fields = {
  name: channelName,
  kind: z.enum(['webhook', 'slack', 'email']).openapi({ example: 'webhook' }),
  receiver: z.string().openapi({
    example: 'https://alerts.example.com/…',
    description: 'Of a webhook or Slack the host alone: the rest of its URL is a secret',
  }),
  isDefault,
  leastSeverity,
  isEnabled,
  note,
  failures: z.number().int().openapi({ example: 0, description: 'In a row, until now' }),
  lastError: z.string().nullable().openapi({ example: null }),
  lastErrorAt: timestamp.nullable(),
  lastSentAt: timestamp.nullable(),
  revision,
  createdAt: timestamp,
  updatedAt: timestamp,
}

export const alertChannel = z.object(fields).openapi('AlertChannel')
export const alertChannelPage = pageOf(alertChannel).openapi('AlertChannelPage')

const secret = z.string().nullable().openapi({
  example: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  description:
    'What a webhook’s messages are signed with (Standard Webhooks): in this answer and nowhere else. null for other kinds.',
})
export const createdChannel = z.object({ ...fields, secret }).openapi('CreatedAlertChannel')

export const channelTest = z
  .object({
    isDelivered: z.boolean(),
    answer: z.string().openapi({
      example: 'HTTP 200: ok',
      description: 'What the receiver said, or why it could not be asked',
    }),
    tookMs: z.number().int().openapi({ example: 87 }),
  })
  .openapi('AlertChannelTest')

export type CreateChannelInput = z.infer<typeof createChannelInput>
export type ChangeChannelInput = z.infer<typeof changeChannelInput>
export type AlertChannel = z.infer<typeof alertChannel>
export type ChannelTest = z.infer<typeof channelTest>
