import { type Kysely, type RawBuilder, type Selectable, type SqlBool, sql } from 'kysely'
import type { Freeze } from '../../../../contract/review.ts'
import type { AppScope } from '../../platform/auth/authenticate.ts'
import { inScope } from '../../platform/database/in-scope.ts'
import type { FreezesTable, Tables } from '../../platform/database/tables.ts'

/** A freeze, with its state by the clock of the database. */
export type FreezeRow = Selectable<FreezesTable> & { state: Freeze['state'] }

const isActive = sql<SqlBool>`(ended_at is null and until > clock_timestamp())`
const wholeRow = sql<FreezeRow>`freezes.*, case when ended_at is not null then 'lifted'
  when until <= clock_timestamp() then 'over' else 'active' end as state`

export const toFreeze = (row: FreezeRow): Freeze => ({
  freezeId: row.freeze_id,
  appId: row.app_id,
  until: row.until.toISOString(),
  reason: row.reason,
  state: row.state,
  actor: row.actor,
  createdAt: row.created_at.toISOString(),
  endedAt: row.ended_at?.toISOString() ?? null,
  endedBy: row.ended_by,
})

const one = async (db: Kysely<Tables>, statement: RawBuilder<FreezeRow>): Promise<FreezeRow> => {
  const [row] = (await statement.execute(db)).rows
  if (!row) throw new Error('the freeze is not there')
  return row
}

/**
 * Every release holds this until its transaction ends, and a freeze of the fleet waits for them: what is acknowledged as
 * frozen has no release still on its way.
 */
export const holdOffFleetFreeze = async (db: Kysely<Tables>): Promise<void> => {
  await sql`select pg_advisory_xact_lock_shared(hashtext('parasol freezes'), 0)`.execute(db)
}

/** Waits for every release on its way, and lets none begin until the transaction ends. Ask for it before any row is locked. */
export const awaitReleases = async (db: Kysely<Tables>): Promise<void> => {
  await sql`select pg_advisory_xact_lock(hashtext('parasol freezes'), 0)`.execute(db)
}

export const insertFreeze = (
  db: Kysely<Tables>,
  freeze: { appId: string | null; until: Date; reason: string; actor: string },
): Promise<FreezeRow> =>
  one(
    db,
    sql<FreezeRow>`insert into freezes (app_id, until, reason, actor)
      values (${freeze.appId}, ${freeze.until}, ${freeze.reason}, ${freeze.actor}) returning ${wholeRow}`,
  )

/** The freeze, with everybody else who would lift it kept waiting until the transaction ends. */
export const lockFreeze = async (db: Kysely<Tables>, freezeId: number): Promise<FreezeRow | undefined> => {
  const { rows } = await sql<FreezeRow>`
    select ${wholeRow} from freezes where freeze_id = ${freezeId} for update`.execute(db)
  return rows[0]
}

export const endFreeze = (db: Kysely<Tables>, freezeId: number, endedBy: string): Promise<FreezeRow> =>
  one(
    db,
    sql<FreezeRow>`update freezes set ended_at = clock_timestamp(), ended_by = ${endedBy}
      where freeze_id = ${freezeId} returning ${wholeRow}`,
  )

interface Page {
  before: number | null
  limit: number
  appId: string | undefined
  active: boolean | undefined
}

/** Freezes of apps within the scope and of the fleet, newest first, from before the given id. */
export const listFreezeRows = async (
  db: Kysely<Tables>,
  scope: AppScope,
  { before, limit, appId, active }: Page,
): Promise<FreezeRow[]> => {
  const conditions = [
    sql<SqlBool>`(app_id is null or exists (select from apps a where a.app_id = freezes.app_id and ${inScope(scope, 'a')}))`,
    ...(before === null ? [] : [sql<SqlBool>`freeze_id < ${before}`]),
    ...(appId === undefined ? [] : [sql<SqlBool>`app_id = ${appId}`]),
    ...(active === undefined ? [] : [active ? isActive : sql<SqlBool>`not ${isActive}`]),
  ]
  const { rows } = await sql<FreezeRow>`select ${wholeRow} from freezes
    where ${sql.join(conditions, sql` and `)} order by freeze_id desc limit ${limit}`.execute(db)
  return rows
}
