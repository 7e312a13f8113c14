import { z } from '@hono/zod-openapi'
import { appId, channel, pageOf, revision, timestamp, version } from './fields.ts'
import { allowedOrigins } from './origin.ts'
import { override, reason } from './release.ts'
import { attributes } from './targeting.ts'

const name = z.string().min(1).max(200).openapi({ example: 'Shop' })
const kind = z
  .enum(['app', 'template'])
  .openapi({ description: 'A template is fetched by nobody; others extend it.' })
const access = z.enum(['public', 'key']).openapi({
  description:
    'Who may read its config: anybody, or who sends a key. Nobody fetches a template, so of one it counts for nothing.',
})
export const labels = z
  .record(z.string().min(1).max(63), z.string().max(255))
  .refine((map) => Object.keys(map).length <= 64, 'an app has at most 64 labels')
  .openapi({ example: { team: 'commerce' } })
/** Labels that choose apps: none at all would choose every one, as an empty variable in a script does. */
export const choosingLabels = labels.refine((map) => Object.keys(map).length > 0, 'name one label at least')
const extendsTemplate = appId.nullable().openapi({
  example: 'storefront',
  description:
    'The template this app is tied to: its config is the template’s, patched by its own. It reaches clients with the next release.',
})
const requiresApproval = z.boolean().openapi({
  example: false,
  description: 'Releases of this app, or of apps that extend it, need the approval of another person.',
})

const pollSeconds = z.number().int().min(10).max(86_400).nullable().openapi({
  example: 60,
  description:
    'Seconds that a device waits before it asks again, as /v2 and /beta tell it; null: as the server is set (PARASOL_POLL_SECONDS). Nobody fetches a template, so of one it counts for nothing.',
})
const declaredAttributes = attributes.openapi({
  description:
    'Attributes of devices, beside the standard ones, that rules of this app, or of what extends it, may ask for. A version keeps those that its rules ask for.',
})

export const createAppInput = z
  .strictObject({
    appId,
    name,
    kind: kind.default('app'),
    extends: extendsTemplate.default(null),
    access: access.default('public'),
    labels: labels.default({}),
    requiresApproval: requiresApproval.default(false),
    attributes: declaredAttributes.default({}),
    pollSeconds: pollSeconds.default(null),
    allowedOrigins: allowedOrigins.default(null),
  })
  .openapi('CreateApp')

export const changeAppInput = z
  .strictObject({
    name: name.optional(),
    extends: extendsTemplate.optional(),
    access: access.optional(),
    labels: labels.optional(),
    requiresApproval: requiresApproval.optional(),
    attributes: declaredAttributes.optional().openapi({ description: 'Instead of all that were declared' }),
    pollSeconds: pollSeconds.optional(),
    allowedOrigins: allowedOrigins.optional(),
    archived: z.literal(false).optional().openapi({ description: 'false brings an archived app back' }),
  })
  .refine((change) => Object.keys(change).length > 0, 'name at least one field to change')
  .openapi('ChangeApp')

export const cloneAppInput = z
  .strictObject({
    appId,
    name: name.optional().openapi({ description: 'Absent: that of the app it is a copy of' }),
    labels: labels.optional().openapi({ description: 'Absent: those of the app it is a copy of' }),
    reason: reason.optional(),
    override: override.optional(),
  })
  .refine((input) => !input.override || input.reason !== undefined, {
    message: 'an override needs a reason',
    path: ['reason'],
  })
  .openapi('CloneApp', {
    description: 'A copy without a tie: settings, schema and what is live on each channel, as a new app.',
  })

export const app = z
  .object({
    appId,
    name,
    kind,
    extends: extendsTemplate,
    access,
    labels,
    requiresApproval,
    attributes: declaredAttributes,
    pollSeconds,
    allowedOrigins,
    revision,
    createdAt: timestamp,
    updatedAt: timestamp,
    archivedAt: timestamp.nullable().openapi({ example: null }),
  })
  .openapi('App')

export const appPage = pageOf(app).openapi('AppPage')

/** What is live on one channel of an app. */
export const liveChannel = z
  .object({
    channel,
    revision,
    configVersion: version,
    baseVersion: version.nullable().openapi({ description: 'The version of the template it stands on' }),
    candidate: z
      .object({ revision, configVersion: version, rolloutId: z.number().int(), percent: z.number() })
      .nullable()
      .openapi({ description: 'What a rollout is bringing' }),
    releasedAt: timestamp,
  })
  .openapi('LiveChannel')
export const channelList = z.object({ items: z.array(liveChannel) }).openapi('ChannelList')

export type App = z.infer<typeof app>
export type CreateAppInput = z.infer<typeof createAppInput>
export type ChangeAppInput = z.infer<typeof changeAppInput>
export type CloneAppInput = z.infer<typeof cloneAppInput>
export type LiveChannel = z.infer<typeof liveChannel>
