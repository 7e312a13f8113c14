import type { Hono } from 'hono'
import type { Kysely } from 'kysely'
import { askKeysInput, feedPaths } from '../../../../contract/gateway-feed.ts'
import type { Changes } from '../../platform/changes/changes.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { jsonResponse } from '../../platform/http/answers.ts'
import { checkBody } from '../../platform/http/check-input.ts'
import { matchesTag } from '../../platform/http/conditional.ts'
import { readJsonBody } from '../../platform/http/read-body.ts'
import { holdLimits } from './hold-limits.ts'
import { createLookUpKeys } from './look-up-keys.ts'

/** Room for 500 hashes, whatever the spaces between. */
const bounds = { maxBytes: 65_536, maxDepth: 4, setting: null }

interface GatewayFeedOptions {
  db: Kysely<Tables>
  changes: Changes
  onError: (what: string, error: unknown) => void
}

/** What gateways ask; docs/decisions/0016 says why without a token. */
export const addGatewayFeed = (
  service: Hono,
  { db, changes, onError }: GatewayFeedOptions,
): { close(): void } => {
  const limits = holdLimits({ db, changes, onError: (error) => onError('the limits were not read', error) })
  const lookUpKeys = createLookUpKeys(db, (error) => onError('keys were not looked up', error))
  service.get(feedPaths.limits, async (c) => {
    const anew = c.req.header('cache-control')?.includes('no-cache') ?? false
    const { text, etag } = await limits.find({ anew })
    const headers = { etag, 'cache-control': 'no-cache' }
    if (matchesTag(c.req.header('if-none-match') ?? '', etag)) return c.body(null, 304, headers)
    return c.body(text, 200, { ...headers, 'content-type': 'application/json; charset=utf-8' })
  })
  service.post(feedPaths.keys, async (c) => {
    const { hashes } = checkBody(askKeysInput, await readJsonBody(c.req.raw, bounds))
    return jsonResponse(await lookUpKeys(hashes))
  })
  return limits
}
