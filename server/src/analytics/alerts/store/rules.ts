import { type Kysely, type RawBuilder, type Selectable, type SqlBool, sql } from 'kysely'
import type { AlertRule, RuleDefinition } from '../../../../../contract/alert-rule.ts'
import type { AppScope } from '../../../platform/auth/authenticate.ts'
import type { AlertRulesTable } from '../../../platform/database/alert-tables.ts'
import { inScope } from '../../../platform/database/in-scope.ts'
import type { Tables } from '../../../platform/database/tables.ts'

export type RuleRow = Omit<Selectable<AlertRulesTable>, 'definition'> & { definition: RuleDefinition }

// What stands there was checked by the contract when it came.
const toRow = (row: Selectable<AlertRulesTable>): RuleRow => ({
  ...row,
  definition: row.definition as RuleDefinition,
})

export const toRule = (row: RuleRow): AlertRule => ({
  name: row.name,
  ...row.definition,
  evaluatedAt: row.evaluated_at?.toISOString() ?? null,
  lastError: row.last_error,
  revision: row.revision,
  createdAt: row.created_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
})

/** What a rule says, of a rule as it is answered. */
export const definitionOf = (rule: RuleDefinition): RuleDefinition => ({
  on: rule.on,
  scope: rule.scope,
  condition: rule.condition,
  minimumCount: rule.minimumCount,
  forSeconds: rule.forSeconds,
  resolveAfterSeconds: rule.resolveAfterSeconds,
  channels: rule.channels,
  severity: rule.severity,
  isEnabled: rule.isEnabled,
  note: rule.note,
})

/** Rules are made one at a time, so that there are never more than there may be. */
export const lockRules = async (db: Kysely<Tables>): Promise<void> => {
  await sql`select pg_advisory_xact_lock(hashtext('parasol alert rules'), 0)`.execute(db)
}

export const countRules = async (db: Kysely<Tables>): Promise<number> => {
  const { rows } = await sql<{ rules: number }>`select count(*) as rules from alert_rules`.execute(db)
  return rows[0]?.rules ?? 0
}

export const insertRule = async (
  db: Kysely<Tables>,
  name: string,
  definition: RuleDefinition,
): Promise<RuleRow | undefined> => {
  const row = await db
    .insertInto('alert_rules')
    .values({ name, definition: JSON.stringify(definition) })
    .onConflict((conflict) => conflict.doNothing())
    .returningAll()
    .executeTakeFirst()
  return row && toRow(row)
}

export const findRule = async (db: Kysely<Tables>, name: string): Promise<RuleRow | undefined> => {
  const row = await db.selectFrom('alert_rules').selectAll().where('name', '=', name).executeTakeFirst()
  return row && toRow(row)
}

/** The rule, with whoever else would change or evaluate it kept waiting until the transaction ends. */
export const lockRule = async (db: Kysely<Tables>, name: string): Promise<RuleRow | undefined> => {
  const row = await db
    .selectFrom('alert_rules')
    .selectAll()
    .where('name', '=', name)
    .forUpdate()
    .executeTakeFirst()
  return row && toRow(row)
}

/** Evaluated at once. */
export const updateRule = async (
  db: Kysely<Tables>,
  name: string,
  definition: RuleDefinition,
): Promise<RuleRow> => {
  const row = await db
    .updateTable('alert_rules')
    .set({
      definition: JSON.stringify(definition),
      revision: sql<number>`nextval('revisions')`,
      updated_at: sql<Date>`clock_timestamp()`,
      due_at: sql<Date>`clock_timestamp()`,
    })
    .where('name', '=', name)
    .returningAll()
    .executeTakeFirstOrThrow()
  return toRow(row)
}

export const deleteRule = async (db: Kysely<Tables>, name: string): Promise<void> => {
  await db.deleteFrom('alert_rules').where('name', '=', name).execute()
}

/** Of rules about one app or template those that a token is for; all others. */
const seenBy = (scope: AppScope): RawBuilder<SqlBool> => {
  if (scope.appIds === null && scope.labels === null) return sql`true`
  const about = sql`coalesce(definition->'scope'->>'appId', definition->'scope'->>'template')`
  return sql`(${about} is null or exists (select from apps a where a.app_id = ${about} and ${inScope(scope, 'a')}))`
}

export const seesRule = async (db: Kysely<Tables>, scope: AppScope, name: string): Promise<boolean> => {
  const { rows } = await sql`select from alert_rules where name = ${name} and ${seenBy(scope)}`.execute(db)
  return rows.length > 0
}

/** Rules that a token may see, by name, from after the given one. */
export const listRuleRows = async (
  db: Kysely<Tables>,
  scope: AppScope,
  { after, limit }: { after: string | null; limit: number },
): Promise<RuleRow[]> => {
  const rows = await db
    .selectFrom('alert_rules')
    .selectAll()
    .where(seenBy(scope))
    .$if(after !== null, (query) => query.where('name', '>', after as string))
    .orderBy('name')
    .limit(limit)
    .execute()
  return rows.map(toRow)
}

/** Those about the health of the services, which are evaluated also while the database is away. */
export const listHealthRules = async (db: Kysely<Tables>): Promise<RuleRow[]> => {
  const rows = await db
    .selectFrom('alert_rules')
    .selectAll()
    .where('is_enabled', '=', true)
    .where(sql<boolean>`definition->'on'->>'question' = 'health'`)
    .orderBy('name')
    .execute()
  return rows.map(toRow)
}

/** The names of rules that are to be evaluated now, the one that waits longest first. */
export const listDueRules = async (db: Kysely<Tables>, limit: number): Promise<string[]> => {
  const rows = await db
    .selectFrom('alert_rules')
    .select('name')
    .where('is_enabled', '=', true)
    .where('due_at', '<=', sql<Date>`clock_timestamp()`)
    .orderBy('due_at')
    .limit(limit)
    .execute()
  return rows.map(({ name }) => name)
}

/** A rule to be evaluated now, unless another node is at it or has done it; `now` is the database's clock. */
export const claimDueRule = async (
  db: Kysely<Tables>,
  name: string,
): Promise<{ rule: RuleRow; now: Date } | undefined> => {
  const row = await db
    .selectFrom('alert_rules')
    .selectAll()
    .select(sql<Date>`clock_timestamp()`.as('now'))
    .where('name', '=', name)
    .where('is_enabled', '=', true)
    .where('due_at', '<=', sql<Date>`clock_timestamp()`)
    .forUpdate()
    .skipLocked()
    .executeTakeFirst()
  if (!row) return undefined
  const { now, ...rule } = row
  return { rule: toRow(rule), now }
}

export const noteEvaluated = async (
  db: Kysely<Tables>,
  name: string,
  { afterMs, error, toldAt }: { afterMs: number; error: string | null; toldAt: Date | undefined },
): Promise<void> => {
  const now = sql<Date>`clock_timestamp()`
  await db
    .updateTable('alert_rules')
    .set({
      due_at: sql<Date>`clock_timestamp() + make_interval(secs => ${afterMs / 1_000})`,
      evaluated_at: now,
      last_error: error,
      ...(toldAt && { told_at: toldAt }),
    })
    .where('name', '=', name)
    .execute()
}

/** A rule that names this channel. */
export const findRuleNaming = async (db: Kysely<Tables>, channel: string): Promise<string | undefined> => {
  const row = await db
    .selectFrom('alert_rules')
    .select('name')
    .where(sql<SqlBool>`definition->'channels' @> ${JSON.stringify([channel])}::jsonb`)
    .orderBy('name')
    .limit(1)
    .executeTakeFirst()
  return row?.name
}
