import { z } from '@hono/zod-openapi'
import { configDiff, evaluatedConfig, layer } from './config.ts'
import { appId, channel, revision, timestamp, version } from './fields.ts'

const text = z.string().max(1000)

/** What a device tells; which attributes of their own an app and its templates have, the server knows. */
const context = z
  .object({
    platform: text.optional().openapi({ example: 'ios' }),
    appVersion: text.optional().openapi({ example: '2.3.0' }),
    osVersion: text.optional().openapi({ example: '17.5' }),
    country: text.optional().openapi({ example: 'DE' }),
    language: z
      .union([text, z.array(text).max(16)])
      .optional()
      .openapi({ example: 'de-AT,en' }),
    bucket: z.number().int().min(0).max(9999).optional().openapi({ example: 1234 }),
    targetingKey: text.optional().openapi({
      description: 'For flags; without a bucket, the bucket is that of the key',
      example: 'user-1',
    }),
  })
  .catchall(z.union([text, z.number(), z.boolean()]))
  .openapi('PreviewContext', { description: 'And by name the attributes that the app declares' })

export const previewInput = z
  .strictObject({
    context: context.default({}),
    channel: channel.default('stable'),
    configVersion: version.optional().openapi({ description: 'Instead of what is live on the channel' }),
  })
  .openapi('Preview')

const percentage = z.number().openapi({ example: 5 })

const reason = z.object({
  pointer: z.string().openapi({ example: '/when/and/1', description: 'Into the override' }),
  detail: z.string().openapi({ example: 'country is FR, not one of DE, AT' }),
})

const overrideExplained = z
  .object({
    name: z.string().openapi({ example: 'impressum' }),
    layer: appId.openapi({ description: 'Whose it is' }),
    matched: z.boolean(),
    rollout: z
      .object({
        percent: percentage,
        standing: z.number().nullable().openapi({
          example: 62.17,
          description:
            'Where this bucket stands in the order: it is in every percentage above; null without a bucket',
        }),
        included: z.boolean(),
      })
      .optional()
      .openapi({ description: 'Absent where it is for all devices that meet the condition' }),
    why: z.array(reason).openapi({
      description:
        'Of one that matches what held; of another the part that did not, or all of which one was needed',
    }),
  })
  .openapi('OverrideExplained')

export const previewed = z
  .object({
    config: evaluatedConfig.extend({ revision: revision.nullable(), publishedAt: timestamp.nullable() }),
    why: z.object({
      layers: z.array(layer),
      rollout: z
        .object({
          rolloutId: z.number().int(),
          percent: percentage,
          included: z.boolean().openapi({ description: 'Whether this bucket gets what is being rolled out' }),
        })
        .nullable(),
      overrides: z.array(overrideExplained).openapi({ description: 'All there are, in their order' }),
    }),
    diff: configDiff.nullable().openapi({
      description:
        'Of a version that was asked for: what differs for this device from what is live; `flags` are compared as they are evaluated. Null for what is live',
    }),
  })
  .openapi('Previewed')

export type PreviewInput = z.infer<typeof previewInput>
export type Previewed = z.infer<typeof previewed>
