import { z } from '@hono/zod-openapi'
import { appId, date, pageOf, timestamp, version } from './fields.ts'

/** The config itself: an object of the app's own making. Its values are any JSON. */
const data = z
  .record(z.string(), z.unknown())
  .openapi({ example: { apiUrl: 'https://api.example.com', theme: { primary: '#0a84ff' } } })

const bump = z.enum(['major', 'minor', 'patch'])

export const saveVersionInput = z
  .strictObject({
    configVersion: version.optional(),
    bump: bump
      .optional()
      .openapi({ description: 'Instead of configVersion: the part to raise above the highest.' }),
    minimumAppVersion: version.nullish(),
    deprecationDate: date.nullish(),
    data,
    note: z.string().max(2000).optional().openapi({ example: 'New payment methods' }),
  })
  .refine((input) => (input.configVersion === undefined) !== (input.bump === undefined), {
    message: 'give either configVersion or bump',
    path: ['configVersion'],
  })
  .openapi('SaveVersion')

export const configVersion = z
  .object({
    appId,
    configVersion: version,
    minimumAppVersion: version.nullable(),
    deprecationDate: date.nullable(),
    data,
    note: z.string().nullable(),
    checksum: z.string().openapi({ description: 'SHA-256 of the document, hexadecimal' }),
    createdBy: z.string(),
    createdAt: timestamp,
  })
  .openapi('ConfigVersion')

/** A version in a list: without its data, which may be a mebibyte. */
export const configVersionSummary = configVersion.omit({ data: true }).openapi('ConfigVersionSummary')
export const configVersionPage = pageOf(configVersionSummary).openapi('ConfigVersionPage')

/** What every client of the app receives, in this order of fields. */
export const deliveredConfig = z
  .object({
    configVersion: version,
    minimumAppVersion: version.nullable(),
    deprecationDate: date.nullable(),
    data,
  })
  .openapi('Config')

export type SaveVersionInput = z.infer<typeof saveVersionInput>
export type ConfigVersion = z.infer<typeof configVersion>
export type ConfigVersionSummary = z.infer<typeof configVersionSummary>
export type DeliveredConfig = z.infer<typeof deliveredConfig>
