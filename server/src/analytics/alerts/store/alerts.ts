import { type Kysely, type Selectable, type SqlBool, sql } from 'kysely'
import type { Alert } from '../../../../../contract/alert.ts'
import type { AppScope } from '../../../platform/auth/authenticate.ts'
import type { AlertsTable } from '../../../platform/database/alert-tables.ts'
import { inScope } from '../../../platform/database/in-scope.ts'
import type { Tables } from '../../../platform/database/tables.ts'

export type AlertRow = Selectable<AlertsTable>

export const toAlert = (row: AlertRow): Alert => ({
  alertId: row.alert_id,
  rule: row.rule,
  severity: row.severity,
  state: row.state,
  subject: row.subject,
  appId: row.app_id,
  summary: row.summary,
  value: row.value,
  limit: row.limit_value,
  pendingAt: row.pending_at.toISOString(),
  firedAt: row.fired_at?.toISOString() ?? null,
  resolvedAt: row.resolved_at?.toISOString() ?? null,
  resolvedBecause: row.resolved_because,
  silenceId: row.silence_id,
  isTold: row.told !== null,
})

/** An alert as an evaluation leaves it; times in ms since 1970. */
export interface SavedAlert {
  /** null: it is new. */
  alertId: number | null
  subject: string
  appId: string | null
  state: AlertRow['state']
  summary: string
  value: number | null
  limit: number
  pendingAt: number
  firedAt: number | null
  goodSince: number | null
  unknownSince: number | null
  seenAt: number
  resolvedAt: number | null
  resolvedBecause: AlertRow['resolved_because']
}

/** The alerts of a rule that are pending or firing. */
export const listOpenAlerts = (db: Kysely<Tables>, rule: string): Promise<AlertRow[]> =>
  db
    .selectFrom('alerts')
    .selectAll()
    .where('rule', '=', rule)
    .where('state', '<>', 'resolved')
    .orderBy('subject')
    .execute()

const time = (name: string) => sql`to_timestamp(${sql.ref(`a.${name}`)} / 1000)`

/** Writes the alerts of a rule, those that are new and those that were open. One statement, however many. */
export const saveAlerts = async (
  db: Kysely<Tables>,
  rule: string,
  severity: AlertRow['severity'],
  alerts: readonly SavedAlert[],
): Promise<void> => {
  if (alerts.length === 0) return
  await sql`
    with given as (
      select "alertId" as alert_id, subject, "appId" as app_id, state, summary, value, "limit" as limit_value,
        ${time('pendingAt')} as pending_at, ${time('firedAt')} as fired_at, ${time('goodSince')} as good_since,
        ${time('unknownSince')} as unknown_since, ${time('seenAt')} as seen_at, ${time('resolvedAt')} as resolved_at,
        "resolvedBecause" as resolved_because
      from jsonb_to_recordset(${JSON.stringify(alerts)}::jsonb) as a("alertId" bigint, subject text, "appId" text, state text,
        summary text, value float8, "limit" float8, "pendingAt" float8, "firedAt" float8, "goodSince" float8,
        "unknownSince" float8, "seenAt" float8, "resolvedAt" float8, "resolvedBecause" text)
    ), known as (
      update alerts set severity = ${severity}, state = g.state, summary = g.summary, value = g.value,
        limit_value = g.limit_value, pending_at = g.pending_at, fired_at = g.fired_at, good_since = g.good_since,
        unknown_since = g.unknown_since, seen_at = g.seen_at, resolved_at = g.resolved_at,
        resolved_because = g.resolved_because
      from given g where alerts.alert_id = g.alert_id
    )
    insert into alerts (rule, severity, subject, app_id, state, summary, value, limit_value, pending_at, fired_at,
      good_since, unknown_since, seen_at, resolved_at, resolved_because)
    select ${rule}, ${severity}, subject, app_id, state, summary, value, limit_value, pending_at, fired_at, good_since,
      unknown_since, seen_at, resolved_at, resolved_because
    from given where alert_id is null`.execute(db)
}

/** Those that never fired leave no trace. */
export const forgetAlerts = async (db: Kysely<Tables>, alertIds: readonly number[]): Promise<void> => {
  if (alertIds.length === 0) return
  await db.deleteFrom('alerts').where('alert_id', 'in', alertIds).execute()
}

/** Ends the alerts of a rule that will not be evaluated as before. */
export const endAlerts = async (
  db: Kysely<Tables>,
  rule: string,
  because: 'ruleChanged' | 'ruleRemoved',
): Promise<void> => {
  await db.deleteFrom('alerts').where('rule', '=', rule).where('state', '=', 'pending').execute()
  await db
    .updateTable('alerts')
    .set({ state: 'resolved', resolved_at: sql<Date>`clock_timestamp()`, resolved_because: because })
    .where('rule', '=', rule)
    .where('state', '=', 'firing')
    .execute()
}

/** Of a rule, what fires and was not told of, and what has ended in the last day and was told of as firing. */
export const listUntold = (db: Kysely<Tables>, rule: string): Promise<AlertRow[]> =>
  db
    .selectFrom('alerts')
    .selectAll()
    .where('rule', '=', rule)
    .where(sql<SqlBool>`(state = 'firing' and told is null
      or state = 'resolved' and told = 'firing' and resolved_at > clock_timestamp() - interval '1 day')`)
    .orderBy('alert_id')
    .execute()

export const noteTold = async (
  db: Kysely<Tables>,
  alertIds: readonly number[],
  told: 'firing' | 'resolved',
): Promise<void> => {
  if (alertIds.length === 0) return
  await db
    .updateTable('alerts')
    .set({ told, ...(told === 'firing' && { silence_id: null }) })
    .where('alert_id', 'in', alertIds)
    .execute()
}

export const noteSilenced = async (
  db: Kysely<Tables>,
  alertIds: readonly number[],
  silenceId: number,
): Promise<void> => {
  await db.updateTable('alerts').set({ silence_id: silenceId }).where('alert_id', 'in', alertIds).execute()
}

interface Page {
  before: number | null
  limit: number
  states: readonly AlertRow['state'][]
  rule: string | undefined
  appId: string | undefined
}

const isAboutScope = (scope: AppScope) =>
  sql<SqlBool>`(app_id is null or exists (select from apps a where a.app_id = alerts.app_id and ${inScope(scope, 'a')}))`

/** Alerts about apps within the scope, and those about none, newest first, from before the given id. */
export const listAlertRows = async (
  db: Kysely<Tables>,
  scope: AppScope,
  { before, limit, states, rule, appId }: Page,
): Promise<AlertRow[]> => {
  const conditions = [
    sql<SqlBool>`state in (${sql.join(states)})`,
    ...(scope.appIds === null && scope.labels === null ? [] : [isAboutScope(scope)]),
    ...(before === null ? [] : [sql<SqlBool>`alert_id < ${before}`]),
    ...(rule === undefined ? [] : [sql<SqlBool>`rule = ${rule}`]),
    ...(appId === undefined ? [] : [sql<SqlBool>`app_id = ${appId}`]),
  ]
  const { rows } = await sql<AlertRow>`select * from alerts where ${sql.join(conditions, sql` and `)}
    order by alert_id desc limit ${limit}`.execute(db)
  return rows
}

/** History is kept for so long. */
const keptDays = 400

export const forgetOldAlerts = async (db: Kysely<Tables>): Promise<void> => {
  await sql`delete from alerts where ctid in (select ctid from alerts
    where state = 'resolved' and resolved_at < clock_timestamp() - make_interval(days => ${keptDays}) limit 100)`.execute(
    db,
  )
}
