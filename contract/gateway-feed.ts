import { z } from '@hono/zod-openapi'
import { limit, limitKeyId } from './limit.ts'

/**
 * What gateways ask of the config service, because they hold no database. Between Parasol's own processes: it is neither in the
 * OpenAPI document nor routed from the outside. Answers may gain members; readers drop what they do not know.
 */
export const feedPaths = { limits: '/internal/v1/limits', keys: '/internal/v1/keys' } as const

/** A limit that counts, whole. */
const feedLimit = limit.omit({
  isEnabled: true,
  note: true,
  revision: true,
  createdAt: true,
  updatedAt: true,
})

/**
 * GET: all limits that count, by policy, and within a policy what is for some keys first, then what is for some apps, then the
 * policy itself: of each policy the first whose keyIds and appIds fit a request is the one for it, and the others are not.
 * `revision` grows with every change and is the ETag; If-None-Match gives 304. What is answered may be two seconds old, but
 * with `Cache-Control: no-cache`, as after a notice that limits changed, it was read after the question came.
 */
export const limitsFeed = z.object({ revision: z.number().int(), limits: z.array(feedLimit) })

/** SHA-256, in hex, of a whole key as its holder sends it. */
const keyHash = z.string().regex(/^[0-9a-f]{64}$/, 'a hash is the SHA-256 in 64 of 0-9 a-f')
export const mostHashes = 500

/** POST: which of these keys count. Ask only for keys that came with a request: that they are used today is noted. */
export const askKeysInput = z.strictObject({ hashes: z.array(keyHash).min(1).max(mostHashes) })

export const knownKey = z.object({
  keyId: limitKeyId,
  role: z.enum(['client', 'viewer', 'editor', 'publisher', 'admin']),
  /** The apps it is for; null: all, or those with the key's labels, which the config service holds it to. */
  appIds: z.array(z.string()).nullable(),
  /** Of a client key: what it reads. */
  channel: z.string().nullable(),
  /** Until when it counts: of the key before a rotation, until the overlap ends. Null: until it is revoked. */
  expiresAt: z.string().nullable(),
  hash: keyHash,
})

/** For each hash, in the order of the question, the key, or null for one that does not count. */
export const keysFeed = z.object({ keys: z.array(knownKey.nullable()) })

/**
 * In the answer to a change by management: what gateways store of it is old, so that whoever made it reads it at once through the
 * same gateway; all others hear of it by the feed. As `shop:stable=42, news:beta=43`; `*` where they are too many to name.
 */
export const changedHeader = 'parasol-changed'
const changedMost = 50

interface Changed {
  appId: string
  channel: string
  sequence: number
}

export const writeChanged = (changes: readonly Changed[]): string =>
  changes.length > changedMost
    ? '*'
    : changes.map(({ appId, channel, sequence }) => `${appId}:${channel}=${sequence}`).join(', ')

/** What such a header tells; null for everything, also where it cannot be read. */
export const readChanged = (text: string): Changed[] | null => {
  const changes: Changed[] = []
  for (const item of text.split(', ')) {
    const [, appId, channel, sequence] = /^([^:=]+):([^:=]+)=(\d+)$/.exec(item) ?? []
    if (appId === undefined || channel === undefined) return null
    changes.push({ appId, channel, sequence: Number(sequence) })
  }
  return changes
}

/** `address`: the key of this stream stood in its address, and a gateway has put it into a header. Makes the service stricter only. */
export const keyFromHeader = 'parasol-key-from'

export type FeedLimit = z.infer<typeof feedLimit>
export type LimitsFeed = z.infer<typeof limitsFeed>
export type KnownKey = z.infer<typeof knownKey>
export type KeysFeed = z.infer<typeof keysFeed>
