import type { Kysely } from 'kysely'
import { Problem } from '../../../../contract/problems.ts'
import { type Actor, requireScope } from '../../platform/auth/authenticate.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { type AppRow, findApp, lockApp } from '../store/apps.ts'

/** What a question works in: a database, on behalf of one actor. */
export interface Reader {
  db: Kysely<Tables>
  actor: Actor
}

const unknownApp = (appId: string): Problem =>
  new Problem('app_not_found', { detail: `There is no app ${appId}. Create it with POST /manage/v1/apps.` })

/** The app; throws 404, or 403 where the actor's token is not for it. */
export const findAppOrThrow = async ({ db, actor }: Reader, appId: string): Promise<AppRow> => {
  const app = await findApp(db, appId)
  if (!app) throw unknownApp(appId)
  requireScope(actor, app)
  return app
}

/** The app, with every other writer of it kept waiting until the transaction ends; throws 404 or 403. */
export const lockAppOrThrow = async ({ db, actor }: Reader, appId: string): Promise<AppRow> => {
  const app = await lockApp(db, appId)
  if (!app) throw unknownApp(appId)
  requireScope(actor, app)
  return app
}

/** Throws 409 for an archived app: bring it back first. */
export const refuseArchived = (app: AppRow): void => {
  if (!app.archived_at) return
  throw new Problem('app_archived', {
    detail: `The app ${app.app_id} is archived. Bring it back first: PATCH /manage/v1/apps/${app.app_id} {"archived": false}.`,
  })
}
