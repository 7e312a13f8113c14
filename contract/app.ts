import { z } from '@hono/zod-openapi'
import { appId, pageOf, revision, timestamp } from './fields.ts'

const name = z.string().min(1).max(200).openapi({ example: 'Shop' })
const kind = z
  .enum(['app', 'template'])
  .openapi({ description: 'A template is fetched by nobody; others extend it.' })
const access = z.enum(['public', 'key']).openapi({ description: 'Who may read its config.' })
/** Without API keys nobody could read an app that asks for one, so it cannot be asked for yet. */
const givenAccess = z.literal('public', { error: 'only "public" is possible: API keys do not exist yet' })
const labels = z
  .record(z.string().min(1).max(63), z.string().max(255))
  .refine((map) => Object.keys(map).length <= 64, 'an app has at most 64 labels')
  .openapi({ example: { team: 'commerce' } })

export const createAppInput = z
  .strictObject({
    appId,
    name,
    kind: kind.default('app'),
    access: givenAccess.default('public'),
    labels: labels.default({}),
  })
  .openapi('CreateApp')

export const changeAppInput = z
  .strictObject({
    name: name.optional(),
    access: givenAccess.optional(),
    labels: labels.optional(),
    archived: z.literal(false).optional().openapi({ description: 'false brings an archived app back' }),
  })
  .refine((change) => Object.keys(change).length > 0, 'name at least one field to change')
  .openapi('ChangeApp')

export const app = z
  .object({
    appId,
    name,
    kind,
    access,
    labels,
    revision,
    createdAt: timestamp,
    updatedAt: timestamp,
    archivedAt: timestamp.nullable().openapi({ example: null }),
  })
  .openapi('App')

export const appPage = pageOf(app).openapi('AppPage')

export type App = z.infer<typeof app>
export type CreateAppInput = z.infer<typeof createAppInput>
export type ChangeAppInput = z.infer<typeof changeAppInput>
