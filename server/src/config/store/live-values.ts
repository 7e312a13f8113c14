import { type Kysely, sql } from 'kysely'
import type { JsonValue } from '../../../../contract/json.ts'
import type { AppScope } from '../../platform/auth/authenticate.ts'
import { inScope } from '../../platform/database/in-scope.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { textArray } from '../../platform/database/text-array.ts'

/** What is live on a channel of an app. */
export interface LiveVersion {
  appId: string
  revision: number
  version: string
  baseRevision: number | null
}

interface ScanOptions {
  channel: string
  scope: AppScope
  /** Only apps that extend this template directly. */
  extends: string | undefined
  /** From this appId on; `inclusive`: it is looked at too. */
  from: { appId: string; inclusive: boolean }
  /** As many channels, and bytes of documents, are looked at at most. */
  rows: number
  bytes: number
}

interface ScannedRow {
  app_id: string
  revision: number
  version: string
  base_revision: number | null
  is_app: boolean
  bytes_before: number
}

/**
 * What is live on the next channels of this name, by appId, and where the scan stopped; null where nothing follows. Templates
 * and archived apps are looked at but left out, so that a scan costs the same whatever there is of them.
 */
export const scanLive = async (
  db: Kysely<Tables>,
  { channel, scope, extends: template, from, rows: most, bytes }: ScanOptions,
): Promise<{ live: LiveVersion[]; stoppedAt: string | null }> => {
  const beyond = from.inclusive ? sql`>=` : sql`>`
  const next =
    template === undefined
      ? sql`from channels c join apps a on a.app_id = c.app_id
          where c.channel = ${channel} and c.app_id ${beyond} ${from.appId} and a.app_id ${beyond} ${from.appId} and ${inScope(scope, 'a')}
          order by c.app_id`
      : sql`from apps a cross join lateral (
            select c.app_id, c.revision from channels c where c.app_id = a.app_id and c.channel = ${channel} offset 0
          ) c
          where (a.extends, a.app_id) ${beyond} (${template}, ${from.appId}) and a.extends <= ${template} and ${inScope(scope, 'a')}
          order by a.extends, a.app_id`
  // Fenced by "offset 0": for so many rows planners read the tables whole, and at a million apps that takes seconds.
  const { rows } = await sql<ScannedRow>`
    with scanned as materialized (
      select c.app_id, c.revision, a.kind = 'app' and a.archived_at is null as is_app ${next} limit ${most + 1}
    )
    select s.app_id, s.revision, r.version, r.base_revision, s.is_app,
      (sum(d.bytes) over (order by s.app_id) - d.bytes)::bigint as bytes_before
    from scanned s
    cross join lateral (
      select r.version, r.base_revision from releases r where r.revision = s.revision offset 0
    ) r
    cross join lateral (
      select pg_column_size(d.document) as bytes from configs d
      where d.app_id = s.app_id and d.version = r.version offset 0
    ) d order by s.app_id`.execute(db)
  const within = rows.slice(0, most).filter((row) => row.bytes_before < bytes)
  return {
    live: within
      .filter((row) => row.is_app)
      .map((row) => ({
        appId: row.app_id,
        revision: row.revision,
        version: row.version,
        baseRevision: row.base_revision,
      })),
    stoppedAt: within.length < rows.length ? (within.at(-1)?.app_id ?? null) : null,
  }
}

/** What a document says on the way to a pointer: the value after `steps` names, or that there is an object so far. */
export interface SaidOnTheWay {
  steps: number
  value: JsonValue
}

/** What a version says on the way to a pointer: its data, and each of its overrides, in their order. */
export interface SaidByVersion {
  data?: SaidOnTheWay
  overrides: { name: string; said: SaidOnTheWay }[]
}

/** What versions say on the way to a pointer into data, by appId; nothing for those that say nothing there. */
export const findOnTheWay = async (
  db: Kysely<Tables>,
  versions: readonly { appId: string; version: string }[],
  names: readonly string[],
): Promise<Map<string, SaidByVersion>> => {
  const asked = versions.map(({ appId, version }) => ({ appId, version }))
  const { rows } = await sql<{ app_id: string; override: string | null } & SaidOnTheWay>`
    with way as materialized (select ${textArray(names)} as names), said as (
      select d.app_id, p.place, p.override, s.steps, p.part #> ('{data}' || way.names[1:s.steps]) as value
      from jsonb_to_recordset(${JSON.stringify(asked)}::jsonb) as asked("appId" text, version text)
      cross join way
      cross join lateral (
        select c.app_id, c.document from configs c
        where c.app_id = asked."appId" and c.version = asked.version offset 0
      ) d
      cross join lateral (
        select 0 as place, null as override, d.document as part
        union all
        select o.place, o.part->>'name', o.part
        from jsonb_array_elements(d.document->'overrides') with ordinality o(part, place)
      ) p
      cross join lateral (
        select n as steps from generate_series(1, ${names.length}::int) n
        where n = ${names.length}
          or jsonb_typeof(p.part #> ('{data}' || way.names[1:n])) is distinct from 'object'
        limit 1
      ) s
    )
    select app_id, override, case when value is null then steps - 1 else steps end as steps,
      coalesce(value, '{}'::jsonb) as value
    from said where value is not null or steps > 1 or override is not null order by app_id, place`.execute(db)
  const found = new Map<string, SaidByVersion>()
  for (const { app_id: appId, override, steps, value } of rows) {
    const version = found.get(appId) ?? { overrides: [] }
    found.set(appId, version)
    if (override === null) version.data = { steps, value }
    else version.overrides.push({ name: override, said: { steps, value } })
  }
  return found
}
