import { type Kysely, type Selectable, sql } from 'kysely'
import type { App, CreateAppInput } from '../../../../contract/app.ts'
import type { Attributes } from '../../../../contract/targeting.ts'
import type { AppsTable, Tables } from '../../platform/database/tables.ts'
import type { ListedApp } from './app-lists.ts'

export type AppRow = Selectable<AppsTable>

const newRevision = sql<number>`nextval('revisions')`
const rightNow = sql<Date>`clock_timestamp()`

/** The app as the management API shows it. */
export const toApp = (row: ListedApp): App => ({
  appId: row.app_id,
  name: row.name,
  kind: row.kind,
  extends: row.extends,
  access: row.access,
  labels: row.labels as Record<string, string>,
  requiresApproval: row.requires_approval,
  attributes: (row.attributes ?? {}) as Attributes,
  pollSeconds: row.poll_seconds,
  allowedOrigins: row.allowed_origins as string[] | null,
  revision: row.revision,
  createdAt: row.created_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
  archivedAt: row.archived_at?.toISOString() ?? null,
})

/** The new row, or undefined where the appId is taken. */
export const insertApp = (db: Kysely<Tables>, input: CreateAppInput): Promise<AppRow | undefined> =>
  db
    .insertInto('apps')
    .values({
      app_id: input.appId,
      name: input.name,
      kind: input.kind,
      extends: input.extends,
      access: input.access,
      labels: JSON.stringify(input.labels),
      requires_approval: input.requiresApproval,
      attributes: JSON.stringify(input.attributes),
      poll_seconds: input.pollSeconds,
      allowed_origins: input.allowedOrigins && JSON.stringify(input.allowedOrigins),
    })
    .onConflict((conflict) => conflict.doNothing())
    .returningAll()
    .executeTakeFirst()

export const findApp = (db: Kysely<Tables>, appId: string): Promise<AppRow | undefined> =>
  db.selectFrom('apps').selectAll().where('app_id', '=', appId).executeTakeFirst()

/** Reads the app and keeps every other writer of it waiting until the transaction ends. */
export const lockApp = (db: Kysely<Tables>, appId: string): Promise<AppRow | undefined> =>
  db.selectFrom('apps').selectAll().where('app_id', '=', appId).forUpdate().executeTakeFirst()

/** An app that extends this template and is not archived. */
export const findExtending = async (db: Kysely<Tables>, template: string): Promise<string | undefined> => {
  const row = await db
    .selectFrom('apps')
    .select('app_id')
    .where('extends', '=', template)
    .where('archived_at', 'is', null)
    // In the order of the index: without it, planners read the table until they meet one.
    .orderBy('app_id')
    .limit(1)
    .executeTakeFirst()
  return row?.app_id
}

/** Keeps these apps as they are until the transaction ends: others may read and share them, nobody may change them. */
export const shareApps = async (db: Kysely<Tables>, appIds: readonly string[]): Promise<void> => {
  if (appIds.length === 0) return
  await db
    .selectFrom('apps')
    .select('app_id')
    .where('app_id', 'in', appIds)
    .orderBy('app_id')
    .forShare()
    .execute()
}

interface AppChange {
  name?: string | undefined
  extends?: string | null | undefined
  requiresApproval?: boolean | undefined
  access?: AppRow['access'] | undefined
  labels?: Record<string, string> | undefined
  attributes?: Attributes | undefined
  pollSeconds?: number | null | undefined
  allowedOrigins?: readonly string[] | null | undefined
  archived?: boolean | undefined
}

/** Changes the row and draws its next revision. */
export const updateApp = (db: Kysely<Tables>, appId: string, change: AppChange): Promise<AppRow> =>
  db
    .updateTable('apps')
    .set({
      revision: newRevision,
      updated_at: rightNow,
      ...(change.name !== undefined && { name: change.name }),
      ...(change.extends !== undefined && { extends: change.extends }),
      ...(change.requiresApproval !== undefined && { requires_approval: change.requiresApproval }),
      ...(change.access !== undefined && { access: change.access }),
      ...(change.labels !== undefined && { labels: JSON.stringify(change.labels) }),
      ...(change.attributes !== undefined && { attributes: JSON.stringify(change.attributes) }),
      ...(change.pollSeconds !== undefined && { poll_seconds: change.pollSeconds }),
      ...(change.allowedOrigins !== undefined && {
        allowed_origins: change.allowedOrigins && JSON.stringify(change.allowedOrigins),
      }),
      ...(change.archived !== undefined && { archived_at: change.archived ? rightNow : null }),
    })
    .where('app_id', '=', appId)
    .returningAll()
    .executeTakeFirstOrThrow()
