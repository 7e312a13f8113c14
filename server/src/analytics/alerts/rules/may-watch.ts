import type { Kysely } from 'kysely'
import type { RuleScope } from '../../../../../contract/alert-rule.ts'
import { Problem } from '../../../../../contract/problems.ts'
import { type Actor, requireScope, requireWholeFleet } from '../../../platform/auth/authenticate.ts'
import type { Tables } from '../../../platform/database/tables.ts'

/** The app or template that a rule is about, if it is about one. */
const appOf = (scope: RuleScope): { appId: string; kind: 'app' | 'template' } | undefined => {
  if (scope.kind === 'app' || scope.kind === 'template') return { appId: scope.appId, kind: scope.kind }
  return scope.kind === 'eachApp' && scope.template !== null
    ? { appId: scope.template, kind: 'template' }
    : undefined
}

/** Throws 403 where an actor may not have a rule about this, and 404 where it is about an app or a template that there is not. */
export const mayWatch = async (db: Kysely<Tables>, actor: Actor, scope: RuleScope): Promise<void> => {
  if (scope.kind !== 'app') requireWholeFleet(actor, 'a rule about more than one app')
  const about = appOf(scope)
  if (!about) return
  const app = await db
    .selectFrom('apps')
    .select(['app_id', 'labels', 'kind'])
    .where('app_id', '=', about.appId)
    .executeTakeFirst()
  if (!app || (about.kind === 'template' && app.kind !== 'template'))
    throw new Problem('app_not_found', { detail: `There is no ${about.kind} ${about.appId}.` })
  requireScope(actor, app)
}
