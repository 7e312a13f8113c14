import { z } from '@hono/zod-openapi'
import { choosingLabels } from './app.ts'
import { appId, channel, date, pageOf, timestamp } from './fields.ts'

/** Each may do what those before it may; `client` reads the config of one app, and nothing else. */
export const roles = ['viewer', 'editor', 'publisher', 'admin'] as const
export type Role = (typeof roles)[number]

/** Who stands in history and audit log without being a key. */
const reservedNames = new Set(['admin'])

const keyRole = z.enum(['client', ...roles]).openapi({
  description:
    'viewer reads; editor saves; publisher releases; admin does all. A client key reads one app on one channel.',
  example: 'editor',
})

const scope = {
  appIds: z
    .array(appId)
    .min(1)
    .max(1000)
    .nullable()
    .openapi({ description: 'Only these apps', example: ['shop'] }),
  labels: choosingLabels.nullable().openapi({ description: 'Only apps that have all of these labels' }),
}

export const createKeyInput = z
  .strictObject({
    name: z
      .string()
      .min(1)
      .max(100)
      .regex(/^[^\p{C}]*$/u, 'a name has no control characters')
      .regex(/^\S(?:.*\S)?$/s, 'a name has no spaces at its ends')
      .refine((name) => !reservedNames.has(name.toLowerCase()), 'this name is taken by the server itself')
      .openapi({ example: 'ci of the shop', description: 'Stands as actor in history and audit log' }),
    role: keyRole,
    appIds: scope.appIds.default(null),
    labels: scope.labels.default(null),
    channel: channel.nullable().default(null).openapi({ description: 'Of a client key: what it reads' }),
    expiresAt: date.nullable().default(null).openapi({ description: 'A day alone: from 0:00 UTC on' }),
  })
  .refine((input) => (input.role === 'client') === (input.channel !== null), {
    message: 'a client key has a channel, and no other has',
    path: ['channel'],
  })
  .refine((input) => input.role !== 'client' || input.appIds?.length === 1, {
    message: 'a client key is for exactly one app',
    path: ['appIds'],
  })
  .refine((input) => input.role !== 'client' || input.labels === null, {
    message: 'a client key is for one app, whatever its labels',
    path: ['labels'],
  })
  .openapi('CreateKey', { example: { name: 'ci of the shop', role: 'publisher', appIds: ['shop'] } })

export const key = z
  .object({
    keyId: z.string().openapi({ example: 'k3v9x2m4p7q1' }),
    name: z.string(),
    role: keyRole,
    appIds: scope.appIds,
    labels: scope.labels,
    channel: channel.nullable(),
    state: z.enum(['active', 'expired', 'revoked']),
    expiresAt: timestamp.nullable(),
    previousExpiresAt: timestamp.nullable().openapi({ description: 'Until when the key before counts too' }),
    lastUsedOn: z.string().nullable().openapi({ example: '2026-11-23' }),
    createdBy: z.string(),
    createdAt: timestamp,
    revokedAt: timestamp.nullable(),
  })
  .openapi('Key')

/** The only answer that holds the key itself. */
export const keyWithSecret = key
  .extend({
    key: z.string().openapi({ description: 'Shown now and never again', example: 'parasol_k3v9x2m4p7q1_…' }),
  })
  .openapi('KeyWithSecret')
export const keyPage = pageOf(key).openapi('KeyPage')

export const rotateKeyInput = z
  .strictObject({
    overlapSeconds: z
      .number()
      .int()
      .min(0)
      .max(30 * 86_400)
      .default(86_400)
      .openapi({ description: 'How long the old key still counts', example: 86_400 }),
  })
  .openapi('RotateKey')

export type CreateKeyInput = z.infer<typeof createKeyInput>
export type Key = z.infer<typeof key>
export type RotateKeyInput = z.infer<typeof rotateKeyInput>
