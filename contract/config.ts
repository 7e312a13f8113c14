import { z } from '@hono/zod-openapi'
import { appId, channel, date, pageOf, revision, timestamp, version } from './fields.ts'
import { flags, overrides } from './targeting.ts'

/** The config itself: an object of the app's own making. Its values are any JSON. */
export const data = z
  .record(z.string(), z.unknown())
  .openapi({ example: { apiUrl: 'https://api.example.com', theme: { primary: '#0a84ff' } } })

export const bump = z.enum(['auto', 'major', 'minor', 'patch'])

const inherited = 'Absent: as the template says; null: none, whatever the template says.'
const minimumAppVersion = version.nullable().openapi({
  description: `Older versions of the app must update. ${inherited}`,
})
const recommendedAppVersion = version.nullable().openapi({
  description: `Older versions of the app should update. ${inherited}`,
})
const deprecationDate = date.nullable().openapi({
  description: `From when on this config counts as deprecated. ${inherited}`,
})
const note = z.string().max(2000).openapi({ example: 'New payment methods' })

/** What a version says; what it does not say comes from the template it stands on. */
const document = {
  minimumAppVersion: minimumAppVersion.optional(),
  recommendedAppVersion: recommendedAppVersion.optional(),
  deprecationDate: deprecationDate.optional(),
  data,
  overrides: overrides.optional(),
  flags: flags.optional(),
}

export const saveVersionInput = z
  .strictObject({
    configVersion: version.optional(),
    bump: bump.optional().openapi({
      description:
        'Instead of configVersion: the part to raise above the highest version. `auto` finds it from what changes: a key removed or of another type is major, a key added minor, a value changed patch.',
    }),
    ...document,
    note: note.optional(),
    force: z
      .boolean()
      .optional()
      .openapi({ description: 'Takes a version that is lower than the change deserves; audited.' }),
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
    ...document,
    note: z.string().nullable(),
    checksum: z.string().openapi({ description: 'SHA-256 of the document, hexadecimal' }),
    createdBy: z.string(),
    createdAt: timestamp,
  })
  .openapi('ConfigVersion')

/** What is worth a second look, and no reason to refuse it. */
const saveWarning = z
  .object({
    pointer: z.string().openapi({ description: 'Into the body', example: '/overrides/0/name' }),
    code: z.enum(['invalid_rule', 'replaces_override', 'attribute_type', 'hides_key']).openapi({
      example: 'replaces_override',
      description:
        '`invalid_rule`: a rule of a flag that an override could not have; `replaces_override`: that of a template; `attribute_type`: a template’s rules know the attribute by another type; `hides_key`: a flag has the name of a key of the data.',
    }),
    detail: z.string().openapi({ example: 'takes the place of the override ios-checkout-off of storefront' }),
  })
  .openapi('SaveWarning')

export const savedVersion = configVersion
  .extend({
    warnings: z
      .array(saveWarning)
      .optional()
      .openapi({ description: 'What is worth a second look; absent where nothing is' }),
  })
  .openapi('SavedVersion')

/** A version in a list: without its content, which may be a mebibyte. */
export const configVersionSummary = configVersion
  .omit({ data: true, overrides: true, flags: true })
  .openapi('ConfigVersionSummary')
export const configVersionPage = pageOf(configVersionSummary).openapi('ConfigVersionPage')

/** What every client of /v1 receives, in this order of fields. */
export const deliveredConfig = z
  .object({
    configVersion: version,
    minimumAppVersion: version.nullable(),
    deprecationDate: date.nullable(),
    data,
  })
  .openapi('Config')

const evaluatedFlag = z.object({
  value: z.unknown().optional().openapi({
    example: true,
    description: 'Absent where the flag leaves it to the code',
  }),
  variant: z.string().optional().openapi({ example: 'on' }),
  reason: z.string().openapi({ example: 'TARGETING_MATCH', description: 'As OpenFeature names them' }),
})

/** What a client of /v2 and /beta receives, in this order of fields. */
export const evaluatedConfig = z
  .object({
    appId,
    channel,
    revision,
    configVersion: version,
    minimumAppVersion: version.nullable(),
    recommendedAppVersion: version.nullable(),
    deprecationDate: date.nullable(),
    update: z.enum(['required', 'recommended', 'none']).openapi({
      example: 'none',
      description: 'Whether this version of the app must or should be updated; `none` without `appVersion`',
    }),
    publishedAt: timestamp,
    pollSeconds: z.number().int().openapi({
      example: 300,
      description: 'How long to wait before asking again; more while the server is under load',
    }),
    varies: z.array(z.string()).openapi({
      example: ['appVersion', 'bucket'],
      description: 'The attributes that matter for this app now',
    }),
    overrides: z.array(z.string()).openapi({
      example: ['ios-checkout-off'],
      description: 'Those that were laid over the data, in this order',
    }),
    warnings: z
      .array(z.object({ parameter: z.string().openapi({ example: 'appVersion' }), detail: z.string() }))
      .optional()
      .openapi({ description: 'Attributes whose values could not be read, and were taken as absent' }),
    data,
    flags: z
      .record(z.string(), evaluatedFlag)
      .optional()
      .openapi({
        description: 'The feature flags of the app, evaluated; absent where it has none',
        example: { 'new-search': { value: true, variant: 'on', reason: 'TARGETING_MATCH' } },
      }),
  })
  .openapi('EvaluatedConfig')

/** One layer of an effective config, the root template first. */
export const layer = z.object({ appId, configVersion: version })

export const effectiveConfig = z
  .object({
    appId,
    channel,
    layers: z.array(layer).openapi({ description: 'From the root template down to the app itself' }),
    configVersion: version,
    minimumAppVersion: version.nullable(),
    recommendedAppVersion: version.nullable(),
    deprecationDate: date.nullable(),
    data,
    overrides: overrides
      .optional()
      .openapi({ description: 'Of all layers, in the order in which they count' }),
    flags: flags.optional().openapi({ description: 'Of all layers' }),
    origins: z.record(z.string(), appId).openapi({
      description: 'The layer each value, override and flag comes from, by JSON pointer into this object',
      example: { '/data/theme/primary': 'storefront', '/overrides/0': 'shop', '/flags/new-search': 'shop' },
    }),
  })
  .openapi('EffectiveConfig')

export const changeOfValue = z
  .object({
    pointer: z.string().openapi({ example: '/data/theme/primary' }),
    kind: z.enum(['added', 'removed', 'changed']),
    bump: z.enum(['major', 'minor', 'patch']).openapi({ description: 'What this change alone deserves' }),
    before: z.unknown().openapi({ description: 'Absent where it was added', example: '#000000' }),
    after: z.unknown().openapi({ description: 'Absent where it was removed', example: '#0a84ff' }),
  })
  .openapi('ChangeOfValue', {
    example: {
      ...{ pointer: '/data/theme/primary', kind: 'changed', bump: 'patch' },
      ...{ before: '#000000', after: '#0a84ff' },
    },
  })

export const configDiff = z
  .object({
    from: z.string().nullable().openapi({ example: '1.3.0' }),
    to: z.string().openapi({ example: '1.4.0' }),
    bump: z
      .enum(['major', 'minor', 'patch', 'none'])
      .openapi({ description: 'The step between versions that this change deserves', example: 'patch' }),
    changes: z.array(changeOfValue),
    jsonPatch: z
      .array(
        z.object({
          op: z.enum(['add', 'remove', 'replace']).openapi({ example: 'replace' }),
          path: z.string().openapi({ example: '/data/theme/primary' }),
          value: z.unknown().optional().openapi({ example: '#0a84ff' }),
        }),
      )
      .openapi({ description: 'RFC 6902: makes the one document of the other' }),
    text: z.string().openapi({ example: '~ /data/theme/primary: "#000000" -> "#0a84ff"' }),
  })
  .openapi('ConfigDiff')

export const useOfValue = z
  .object({
    appId,
    channel,
    revision,
    layer: appId.openapi({ description: 'The layer that says the value, or removes it' }),
    override: z.string().optional().openapi({
      description: 'The override of that layer by which it does; absent: its data',
      example: 'ios-dark',
    }),
    overrides: z.boolean().openapi({ description: 'Whether that is the app itself' }),
    value: z.unknown().optional().openapi({ description: 'Absent where it is removed', example: '#0a84ff' }),
    removed: z.literal(true).optional().openapi({
      description:
        'There is no value: the layer takes away what one above it says, by null, or by something else on the way to it',
      example: true,
    }),
  })
  .openapi('UseOfValue', {
    examples: [
      { appId: 'shop', channel: 'stable', revision: 42, layer: 'shop', overrides: true, value: '#0a84ff' },
      { appId: 'books', channel: 'stable', revision: 43, layer: 'books', overrides: true, removed: true },
    ],
  })
export const whereUsedPage = pageOf(useOfValue).openapi('WhereUsedPage')

export const deprecation = z
  .object({
    appId,
    channel,
    revision,
    configVersion: version,
    deprecationDate: date,
    state: z.enum(['past', 'near']),
  })
  .openapi('Deprecation')
export const deprecationPage = pageOf(deprecation).openapi('DeprecationPage')

export type SaveVersionInput = z.infer<typeof saveVersionInput>
export type SaveWarning = z.infer<typeof saveWarning>
export type SavedVersion = z.infer<typeof savedVersion>
export type ConfigVersion = z.infer<typeof configVersion>
export type ConfigVersionSummary = z.infer<typeof configVersionSummary>
export type EvaluatedConfig = z.infer<typeof evaluatedConfig>
export type EffectiveConfig = z.infer<typeof effectiveConfig>
export type ChangeOfValue = z.infer<typeof changeOfValue>
export type ConfigDiff = z.infer<typeof configDiff>
export type UseOfValue = z.infer<typeof useOfValue>
export type Deprecation = z.infer<typeof deprecation>
