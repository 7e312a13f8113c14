import { z } from '@hono/zod-openapi'
import { appId, channel, pageOf, revision, timestamp, version } from './fields.ts'

export const publishReleaseInput = z
  .strictObject({
    configVersion: version,
    channel: channel.default('stable'),
    reason: z.string().max(2000).optional().openapi({ example: 'Black Friday prices' }),
  })
  .openapi('PublishRelease')

export const release = z
  .object({
    revision,
    appId,
    channel,
    configVersion: version,
    kind: z.enum(['publish', 'rollback', 'rollout', 'template']),
    actor: z.string().openapi({ example: 'admin' }),
    reason: z.string().nullable(),
    releasedAt: timestamp,
  })
  .openapi('Release')

export const releasePage = pageOf(release).openapi('ReleasePage')

export type PublishReleaseInput = z.infer<typeof publishReleaseInput>
export type Release = z.infer<typeof release>
