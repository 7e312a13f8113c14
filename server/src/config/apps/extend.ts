import { sql } from 'kysely'
import { Problem } from '../../../../contract/problems.ts'
import { requireScope } from '../../platform/auth/authenticate.ts'
import type { Scope } from '../change.ts'
import { type AppRow, findApp, shareApps } from '../store/apps.ts'
import { deepestChain, listAncestors, longestBelow } from '../store/chains.ts'

const refuse = (template: string, why: string): never => {
  throw new Problem('invalid_extends', {
    detail: `${template} cannot be extended here: ${why}`,
    errors: [{ code: 'invalid_extends', pointer: '/extends', detail: why }],
  })
}

/**
 * Until the transaction ends nobody else ties an app to a template: two ties at once could make a circle, or too deep a
 * chain, that neither of them sees. Ask for it before any row is locked.
 */
export const lockTies = async ({ db }: Pick<Scope, 'db'>): Promise<void> => {
  await sql`select pg_advisory_xact_lock(hashtext('parasol apps.extends'), 0)`.execute(db)
}

/** The template; throws 409 unless it is one that is not archived. Until the transaction ends it stays so. */
export const checkTemplate = async ({ db }: Pick<Scope, 'db'>, template: string): Promise<AppRow> => {
  await shareApps(db, [template])
  const found = await findApp(db, template)
  if (!found) return refuse(template, 'there is no such template. Create it with "kind": "template".')
  if (found.kind === 'app') return refuse(template, 'it is an app, and only templates are extended.')
  if (!found.archived_at) return found
  return refuse(
    template,
    `it is archived. Bring it back: PATCH /manage/v1/apps/${template} {"archived": false}.`,
  )
}

/**
 * Throws 409 unless `appId` can extend `template`: one that exists, is not archived, and makes neither a circle nor too deep
 * a chain; and 403 where the token is not for the template, whose config the app would show. Take `lockTies` first.
 */
export const checkExtends = async (
  scope: Pick<Scope, 'db' | 'actor'>,
  appId: string,
  template: string,
): Promise<void> => {
  if (template === appId) refuse(template, 'an app cannot extend itself.')
  requireScope(scope.actor, await checkTemplate(scope, template))
  const above = await listAncestors(scope.db, template)
  if (above.includes(appId)) refuse(template, `it extends ${appId} itself, so this would be a circle.`)
  const depth = above.length + 2 + (await longestBelow(scope.db, appId))
  if (depth > deepestChain) {
    refuse(template, `the chain would have ${depth} layers, and ${deepestChain} is the most.`)
  }
}
