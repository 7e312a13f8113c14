import { type SqlBool, sql } from 'kysely'
import { appOfTag, everyTag, tagOf } from '../../../../contract/cache-tags.ts'
import { Problem } from '../../../../contract/problems.ts'
import type { Purged, PurgeInput } from '../../../../contract/purge.ts'
import {
  forbidden,
  hasWholeFleet,
  requireScope,
  requireWholeFleet,
} from '../../platform/auth/authenticate.ts'
import type { Notice } from '../../platform/changes/changes.ts'
import { textArray } from '../../platform/database/text-array.ts'
import type { Answer } from '../../platform/idempotency/once.ts'
import type { Scope } from '../change.ts'
import type { Cdn } from './cdn.ts'
import { queuePurges } from './queue-purges.ts'

const tagsOf = ({ apps = [], tags = [] }: PurgeInput): string[] => [...new Set([...apps.map(tagOf), ...tags])]

/** What gateways are told of a purge, once it is noted. */
export const noticeOf = (input: PurgeInput): Notice => ({
  topic: 'purge',
  names: input.everything ? [everyTag] : tagsOf(input),
})

/** Notes that CDNs have to forget apps, tags or everything. Throws 403 or 404. */
export const purgeCaches = async (scope: Scope, input: PurgeInput, cdns: readonly Cdn[]): Promise<Answer> => {
  await mayPurge(scope, input)
  const everything = input.everything === true
  const tags = tagsOf(input)
  await queuePurges(scope.db, cdns, everything ? 'everything' : tags, { repeats: false })
  const purged: Purged = { everything, tags, cdns: cdns.map(({ name }) => name) }
  const [appId = null, ...others] = input.tags ? [] : (input.apps ?? [])
  await scope.audit({
    action: 'cache.purge',
    appId: others.length > 0 ? null : appId,
    target: null,
    before: null,
    after: purged,
    ...(input.reason !== undefined && { reason: input.reason }),
  })
  return { status: 202, headers: { location: '/manage/v1/purges' }, body: purged }
}

/** A token for some apps purges what is tagged as theirs, and nothing else; what is purged by app must be there. */
const mayPurge = async ({ db, actor }: Scope, input: PurgeInput): Promise<void> => {
  if (input.everything) return requireWholeFleet(actor, 'a purge of everything')
  const tagged = hasWholeFleet(actor) ? [] : (input.tags ?? [])
  const foreign = (tag: string) =>
    forbidden(`The token of ${actor.name} is for some apps only, and ${tag} is no tag of one.`)
  const asked = new Map((input.apps ?? []).map((appId) => [appId, appId]))
  for (const tag of tagged) {
    const appId = appOfTag(tag)
    if (appId === undefined) throw foreign(tag)
    asked.set(appId, tag)
  }
  const found = await db
    .selectFrom('apps')
    .select(['app_id', 'labels'])
    .where(sql<SqlBool>`app_id = any (${textArray([...asked.keys()])})`)
    .execute()
  const known = new Map(found.map((app) => [app.app_id, app]))
  for (const [appId, given] of asked) {
    const app = known.get(appId)
    if (app) requireScope(actor, app)
    else if (given !== appId) throw foreign(given)
    else throw new Problem('app_not_found', { detail: `There is no app ${appId}; nothing was purged.` })
  }
}
