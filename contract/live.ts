import { z } from '@hono/zod-openapi'
import { appId, channel, revision } from './fields.ts'

/** How long a read may wait for a change (`wait`), in seconds. */
export const longestWaitSeconds = 60

/** What a stream tells of: the data of its `revision` events. */
export const revisionEvent = z
  .object({
    appId,
    channel: channel.openapi({
      description: 'Of what clients of this stream get: stable, where the channel asked for has no release',
    }),
    revision: revision.openapi({
      description:
        'Of the release that went live; of other changes, as a step of a rollout, a number that grows with them. A read that names it as `revision` never answers anything older.',
    }),
    changedKeys: z
      .array(z.string())
      .nullable()
      .openapi({
        example: ['theme'],
        description:
          'Keys of `data` and flags that may have another value now; null where they are not told one by one: after a break, and where their names take more than 8 KiB',
      }),
    jitterMs: z
      .number()
      .int()
      .openapi({ example: 0, description: 'Wait at random up to so many milliseconds before you read' }),
  })
  .openapi('RevisionEvent')
export type RevisionEvent = z.infer<typeof revisionEvent>

/** The same for OpenFeature's web provider (OFREP, ADR 0008). */
export const refetchEvent = z
  .object({
    type: z.literal('refetchEvaluation'),
    etag: z.string().openapi({ example: '43', description: 'A number that grows with each change, as text' }),
  })
  .openapi('RefetchEvent')
export type RefetchEvent = z.infer<typeof refetchEvent>

const delivery = /^\/(?:v2|beta)\/api\/config\/[^/?]+(\/stream)?(?:\?(.*))?$/s

/**
 * Whether the server may leave a request (its path and query) open: for how many milliseconds it may be silent before its
 * answer begins, beyond what any answer takes. Undefined for every other request.
 */
export const heldOpenMs = (target: string): number | undefined => {
  const [isOne, stream, query = ''] = delivery.exec(target) ?? []
  if (isOne === undefined) return undefined
  if (stream !== undefined) return 0
  if (!query.includes('wait')) return undefined
  const seconds = Number(new URLSearchParams(query).get('wait') ?? Number.NaN)
  return seconds >= 1 && seconds <= longestWaitSeconds ? seconds * 1_000 : undefined
}
