import { type Kysely, type RawBuilder, type Selectable, sql } from 'kysely'
import type { FeedLimit } from '../../../../contract/gateway-feed.ts'
import { type Cost, isException, type Limit, policyOf } from '../../../../contract/limit.ts'
import type { LimitsTable, Tables } from '../../platform/database/tables.ts'
import { textArray } from '../../platform/database/text-array.ts'

/** A limit with all that it takes over from its policy. */
export type LimitRow = Selectable<LimitsTable> & Pick<Limit, 'per' | 'mode'> & { route_class: string }

const whole = sql<LimitRow>`l.name, l.policy, coalesce(l.per, p.per) as per, l.app_ids, l.key_ids, l.quota,
  coalesce(l.route_class, p.route_class) as route_class, l.window_seconds, coalesce(l.cost, p.cost) as cost,
  coalesce(l.mode, p.mode) as mode, l.is_enabled, l.note, l.revision, l.created_at, l.updated_at`
const withPolicy = sql`limits l join limits p on p.name = l.policy`

export const toFeedLimit = (row: LimitRow): FeedLimit => ({
  name: row.name,
  policy: row.policy,
  per: row.per,
  routeClass: row.route_class,
  appIds: row.app_ids,
  keyIds: row.key_ids,
  quota: row.quota,
  windowSeconds: row.window_seconds,
  cost: row.cost as Cost,
  mode: row.mode,
})

export const toLimit = (row: LimitRow): Limit => ({
  ...toFeedLimit(row),
  isEnabled: row.is_enabled,
  note: row.note,
  revision: row.revision,
  createdAt: row.created_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
})

const rowsOf = async (db: Kysely<Tables>, statement: RawBuilder<LimitRow>): Promise<LimitRow[]> =>
  (await statement.execute(db)).rows

/** The next state of all limits; every other change of one waits until the transaction ends. */
export const drawLimitsRevision = async (db: Kysely<Tables>): Promise<number> => {
  const { rows } = await sql<{ revision: number }>`
    update limits_state set revision = nextval('revisions') returning revision`.execute(db)
  if (!rows[0]) throw new Error('the state of the limits is not there')
  return rows[0].revision
}

export const findLimit = async (db: Kysely<Tables>, name: string): Promise<LimitRow | undefined> =>
  (await rowsOf(db, sql<LimitRow>`select ${whole} from ${withPolicy} where l.name = ${name}`))[0]

/** A policy and its exceptions, by name. */
export const findPolicy = (db: Kysely<Tables>, policy: string): Promise<LimitRow[]> =>
  rowsOf(db, sql<LimitRow>`select ${whole} from ${withPolicy} where l.policy = ${policy} order by l.name`)

/** Each policy, by name, with its exceptions behind it, from after the given one. */
export const listLimitRows = (
  db: Kysely<Tables>,
  { after, limit }: { after: string | null; limit: number },
): Promise<LimitRow[]> =>
  rowsOf(
    db,
    sql<LimitRow>`select ${whole} from ${withPolicy}
      where ${after === null ? sql`true` : sql`(l.policy, l.name) > (${policyOf(after)}, ${after})`}
      order by l.policy, l.name limit ${limit}`,
  )

export const countLimits = async (db: Kysely<Tables>): Promise<{ policies: number; all: number }> => {
  const { rows } = await sql<{ policies: number; all: number }>`
    select count(*) filter (where name = policy) as policies, count(*) as all from limits`.execute(db)
  return rows[0] ?? { policies: 0, all: 0 }
}

const idsOrNull = (ids: readonly string[] | null) => ids && textArray([...new Set(ids)].sort())
const jsonOrNull = (value: unknown) => (value === null ? null : sql`${JSON.stringify(value)}::jsonb`)

type Fields = Omit<Limit, 'policy' | 'revision' | 'createdAt' | 'updatedAt'>

/** What of a limit is its own: an exception has null where it is as its policy. */
const ownFields = (limit: Fields) =>
  isException(limit.name) ? { ...limit, per: null, routeClass: null, cost: null, mode: null } : limit

/** The new limit must not be there yet. */
export const insertLimit = async (db: Kysely<Tables>, fields: Fields, revision: number): Promise<void> => {
  const limit = ownFields(fields)
  await sql`insert into limits (name, per, route_class, app_ids, key_ids, quota, window_seconds, cost, mode,
      is_enabled, note, revision)
    values (${limit.name}, ${limit.per}, ${limit.routeClass}, ${idsOrNull(limit.appIds)}, ${idsOrNull(limit.keyIds)},
      ${limit.quota}, ${limit.windowSeconds}, ${jsonOrNull(limit.cost)}, ${limit.mode}, ${limit.isEnabled}, ${limit.note},
      ${revision})`.execute(db)
}

/** Everything of the limit but its name. */
export const updateLimit = async (db: Kysely<Tables>, fields: Fields, revision: number): Promise<void> => {
  const limit = ownFields(fields)
  await sql`update limits set per = ${limit.per}, route_class = ${limit.routeClass}, app_ids = ${idsOrNull(limit.appIds)},
      key_ids = ${idsOrNull(limit.keyIds)}, quota = ${limit.quota}, window_seconds = ${limit.windowSeconds},
      cost = ${jsonOrNull(limit.cost)}, mode = ${limit.mode}, is_enabled = ${limit.isEnabled}, note = ${limit.note},
      revision = ${revision}, updated_at = clock_timestamp()
    where name = ${limit.name}`.execute(db)
}

export const deleteLimit = async (db: Kysely<Tables>, name: string): Promise<void> => {
  await sql`delete from limits where name = ${name}`.execute(db)
}

/** The limits that count, and the state of all of them: one statement, so both are of one moment. */
export const readLimitsState = async (
  db: Kysely<Tables>,
): Promise<{ revision: number; limits: FeedLimit[] }> => {
  const { rows } = await sql<LimitRow & { state: number; name: string | null }>`
    select s.revision as state, counting.* from limits_state s left join (
      select ${whole} from ${withPolicy} where l.is_enabled and p.is_enabled
    ) counting on true
    order by policy, name = policy, key_ids is null, name`.execute(db)
  if (!rows[0]) throw new Error('the state of the limits is not there')
  return {
    revision: rows[0].state,
    limits: rows.filter(({ name }) => name !== null).map(toFeedLimit),
  }
}
