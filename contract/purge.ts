import { z } from '@hono/zod-openapi'
import { everyTag } from './cache-tags.ts'
import { appId, pageOf, timestamp } from './fields.ts'
import { reason } from './release.ts'

const tag = z
  .string()
  .regex(/^[\x21-\x2b\x2d-\x7e]{1,256}$/, 'a tag is 1 to 256 visible ASCII characters without a comma')
  .refine((text) => text !== everyTag, 'for all that is stored, send "everything": true')
  .openapi({ example: 'app-shop' })

export const purgeInput = z
  .strictObject({
    apps: z.array(appId).min(1).max(1000).optional().openapi({ description: 'All answers about these apps' }),
    tags: z.array(tag).min(1).max(1000).optional().openapi({
      description: 'Whatever carries one of these in `Cache-Tag` or `Surrogate-Key`',
    }),
    everything: z.literal(true).optional().openapi({ description: 'All that is stored' }),
    reason: reason.optional(),
  })
  .refine(({ apps, tags, everything }) => apps || tags || everything, {
    message: 'name apps or tags, or send "everything": true',
    path: ['apps'],
  })
  .refine(({ apps, tags, everything }) => !(everything && (apps || tags)), {
    message: 'everything leaves nothing to be named: send either',
    path: ['everything'],
  })
  .openapi('PurgeInput', { example: { apps: ['shop'], reason: 'A picture was replaced' } })

export const purged = z
  .object({
    everything: z.boolean(),
    tags: z.array(z.string()).openapi({ example: ['app-shop'] }),
    cdns: z
      .array(z.string())
      .openapi({ description: 'Where the purge waits to be done; none: no CDN is set', example: ['fastly'] }),
  })
  .openapi('Purged')

export const purge = z
  .object({
    purgeId: z.number().int().openapi({ example: 7 }),
    cdn: z.string().openapi({ example: 'fastly' }),
    everything: z.boolean(),
    tags: z.array(z.string()).openapi({ example: ['app-shop'] }),
    state: z.enum(['waiting', 'again', 'done', 'failed']).openapi({
      description:
        'again: done, and to be done once more, for what the CDN fetched from a node that was behind; failed: given up.',
    }),
    attempts: z.number().int().openapi({ description: 'Requests made for it', example: 1 }),
    lastError: z.string().nullable().openapi({ example: null }),
    createdAt: timestamp,
    dueAt: timestamp.nullable().openapi({ description: 'Not asked before; null once it has ended' }),
    endedAt: timestamp.nullable(),
  })
  .openapi('Purge')
export const purgePage = pageOf(purge).openapi('PurgePage')

export type PurgeInput = z.infer<typeof purgeInput>
export type Purged = z.infer<typeof purged>
export type Purge = z.infer<typeof purge>
