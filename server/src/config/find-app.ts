import type { Kysely } from 'kysely'
import { Problem } from '../../../contract/problems.ts'
import type { Tables } from '../platform/database/tables.ts'
import { type AppRow, findApp, lockApp } from './store/apps.ts'

const unknownApp = (appId: string): Problem =>
  new Problem('app_not_found', { detail: `There is no app ${appId}. Create it with POST /manage/v1/apps.` })

/** The app; throws 404. */
export const findAppOrThrow = async (db: Kysely<Tables>, appId: string): Promise<AppRow> => {
  const app = await findApp(db, appId)
  if (!app) throw unknownApp(appId)
  return app
}

/** The app, with every other writer of it kept waiting until the transaction ends; throws 404. */
export const lockAppOrThrow = async (db: Kysely<Tables>, appId: string): Promise<AppRow> => {
  const app = await lockApp(db, appId)
  if (!app) throw unknownApp(appId)
  return app
}

/** Throws 409 for an archived app: bring it back first. */
export const refuseArchived = (app: AppRow): void => {
  if (!app.archived_at) return
  throw new Problem('app_archived', {
    detail: `The app ${app.app_id} is archived. Bring it back first: PATCH /manage/v1/apps/${app.app_id} {"archived": false}.`,
  })
}
