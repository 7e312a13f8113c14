import { z } from '@hono/zod-openapi'
import { appId, channel, revision, version } from './fields.ts'
import { reason } from './release.ts'

const jsonSchema = z.record(z.string(), z.unknown()).openapi({
  description: 'JSON Schema 2020-12; applies to the effective data of the app and of all that extend it',
  example: { type: 'object', required: ['apiUrl'], properties: { apiUrl: { type: 'string' } } },
})

export const setSchemaInput = z
  .strictObject({
    schema: jsonSchema,
    dryRun: z.boolean().default(false).openapi({ description: 'Tell what would break, and change nothing' }),
    force: z
      .boolean()
      .default(false)
      .openapi({ description: 'Accept it although something live breaks it; administrators only, audited' }),
    reason: reason.optional(),
  })
  .openapi('SetSchema')

/** A live config that does not fit. */
export const schemaBreak = z
  .object({
    appId,
    channel,
    revision,
    configVersion: version,
    errors: z.array(z.object({ pointer: z.string(), detail: z.string() })),
  })
  .openapi('SchemaBreak')

export const appSchema = z
  .object({
    appId,
    schema: jsonSchema.nullable(),
    inherited: z
      .array(z.object({ appId, schema: jsonSchema }))
      .openapi({ description: 'Those of the templates above, which hold too; the nearest first' }),
  })
  .openapi('AppSchema')

export const schemaSet = appSchema
  .extend({
    dryRun: z.boolean(),
    checked: z.number().int().openapi({ description: 'Live configs that were checked' }),
    broken: z.number().int(),
    breaks: z.array(schemaBreak).openapi({ description: '100 of them at most' }),
  })
  .openapi('SchemaSet')

export type SetSchemaInput = z.infer<typeof setSchemaInput>
export type SchemaBreak = z.infer<typeof schemaBreak>
export type AppSchema = z.infer<typeof appSchema>
export type SchemaSet = z.infer<typeof schemaSet>
