import { z } from '@hono/zod-openapi'
import { configDiff } from './config.ts'
import { appId, channel, date, pageOf, revision, timestamp, version } from './fields.ts'
import { rolloutPlanInput } from './rollout.ts'

export const reason = z.string().max(2000).openapi({ example: 'Black Friday prices' })

export const override = z.boolean().openapi({
  description:
    'An administrator’s word: release in spite of a freeze or a missing approval. Needs a reason; audited.',
})

const oneOf = (input: object, ...names: string[]): boolean =>
  names.filter((name) => (input as Record<string, unknown>)[name] !== undefined).length === 1

export const publishReleaseInput = z
  .strictObject({
    configVersion: version.optional(),
    rollbackTo: revision.optional().openapi({
      description: 'Instead: what an earlier release of this app had live, exactly',
      example: 42,
    }),
    promoteFrom: channel
      .optional()
      .openapi({ description: 'Instead: the version that is live on another channel', example: 'beta' }),
    channel: channel
      .optional()
      .openapi({ description: 'Absent: stable, or for a rollback the channel of that release' }),
    reason: reason.optional(),
    rollout: rolloutPlanInput.optional(),
    override: override.optional(),
  })
  .refine((input) => oneOf(input, 'configVersion', 'rollbackTo', 'promoteFrom'), {
    message: 'give one of configVersion, rollbackTo and promoteFrom',
    path: ['configVersion'],
  })
  .refine((input) => !input.override || input.reason !== undefined, {
    message: 'an override needs a reason',
    path: ['reason'],
  })
  .openapi('PublishRelease', { example: { configVersion: '1.4.0', reason: 'Black Friday prices' } })

export const release = z
  .object({
    revision,
    appId,
    channel,
    configVersion: version,
    baseVersion: version.nullable().openapi({
      description: 'The version of the template it stands on',
      example: null,
    }),
    kind: z.enum(['publish', 'rollback', 'rollout', 'template']).openapi({
      description: 'rollout: in stages; template: because a template above was released',
    }),
    previousRevision: revision.nullable().openapi({ description: 'What was live before', example: 41 }),
    rolloutId: z.number().int().nullable().openapi({ example: null }),
    fleetReleaseId: z.number().int().nullable().openapi({ example: null }),
    deprecationDate: date.nullable().openapi({ example: null }),
    actor: z.string().openapi({ example: 'admin' }),
    reason: z.string().nullable().openapi({ example: 'Black Friday prices' }),
    releasedAt: timestamp,
  })
  .openapi('Release')

/** A release just made; of a template also how many channels of how many apps got it with it. */
export const releaseMade = release
  .extend({
    fanOut: z
      .object({ apps: z.number().int(), channels: z.number().int() })
      .optional()
      .openapi({ description: 'Of a template: what it reached through the apps that extend it' }),
  })
  .openapi('ReleaseMade')

export const releaseWithDiff = release
  .extend({ diff: configDiff.openapi({ description: 'Against what was live before' }) })
  .openapi('ReleaseWithDiff')

export const releasePage = pageOf(release).openapi('ReleasePage')

export type PublishReleaseInput = z.infer<typeof publishReleaseInput>
export type Release = z.infer<typeof release>
export type ReleaseWithDiff = z.infer<typeof releaseWithDiff>
export type ReleaseMade = z.infer<typeof releaseMade>
