import { type Kysely, type Selectable, type SqlBool, sql } from 'kysely'
import type { AppScope } from '../../platform/auth/authenticate.ts'
import { inScope } from '../../platform/database/in-scope.ts'
import type { AuditLogTable, Tables } from '../../platform/database/tables.ts'

export type AuditLogRow = Selectable<AuditLogTable>

export interface AuditFilter {
  appId?: string | undefined
  actor?: string | undefined
  /** `release.publish`, or the thing alone. */
  action?: string | undefined
  /** Not before, and before. */
  from?: Date | undefined
  to?: Date | undefined
}

interface Page {
  before: number | null
  limit: number
}

/** The clock that rows are stamped by may be set back a little, so ids follow it only roughly. */
const clockSlack = sql`interval '1 minute'`

/** The ids between which all rows of a time are: every index of the log goes on with the id. null: no bound there. */
const findIdsAround = async (
  db: Kysely<Tables>,
  { from, to }: AuditFilter,
): Promise<{ after: number | null; before: number | null }> => {
  if (!from && !to) return { after: null, before: null }
  const { rows } = await sql<{ after: number | null; before: number | null }>`select
    (select id from audit_log where at < ${from ?? null}::timestamptz - ${clockSlack} order by at desc, id desc limit 1)
      as after,
    (select id from audit_log where at >= ${to ?? null}::timestamptz + ${clockSlack} order by at, id limit 1) as before
  `.execute(db)
  return rows[0] ?? { after: null, before: null }
}

const isAction = (action: string) =>
  action.includes('.')
    ? sql<SqlBool>`action = ${action}`
    : sql<SqlBool>`split_part(action, '.', 1) = ${action}`

/** Rows of apps in the scope, newest first, from before the given id. What is of no app is shown to nobody limited. */
export const listAuditRows = async (
  db: Kysely<Tables>,
  filter: AuditFilter,
  scope: AppScope,
  { before, limit }: Page,
): Promise<AuditLogRow[]> => {
  const ids = await findIdsAround(db, filter)
  const { appId, actor, action, from, to } = filter
  const conditions = [
    before !== null && sql<SqlBool>`id < ${before}`,
    ids.after !== null && sql<SqlBool>`id > ${ids.after}`,
    ids.before !== null && sql<SqlBool>`id < ${ids.before}`,
    from && sql<SqlBool>`at >= ${from}`,
    to && sql<SqlBool>`at < ${to}`,
    appId !== undefined && sql<SqlBool>`app_id = ${appId}`,
    actor !== undefined && sql<SqlBool>`actor = ${actor}`,
    action !== undefined && isAction(action),
    (scope.appIds ?? scope.labels) &&
      sql<SqlBool>`exists (select from apps a where a.app_id = audit_log.app_id and ${inScope(scope, 'a')})`,
  ].filter((condition) => condition !== false && condition !== null && condition !== undefined)
  return db
    .selectFrom('audit_log')
    .selectAll()
    .where((where) => where.and(conditions))
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
}
