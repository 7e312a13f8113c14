import { type Kysely, sql } from 'kysely'
import type { Usage } from '../../../../contract/shipment.ts'
import { chunksOf } from '../../platform/chunks-of.ts'
import { ensurePartition, monthRange } from '../../platform/database/partitions.ts'
import type { Tables } from '../../platform/database/tables.ts'

const rowsAtOnce = 1_000

/** Adds requests to the usage of their day, app, key and route class. Only for whoever has the turn to fold. */
export const addUses = async (db: Kysely<Tables>, uses: readonly Usage[]): Promise<void> => {
  const merged = mergeUses(uses)
  for (const day of new Set(merged.map((use) => use.day))) {
    await ensurePartition(db, 'usage_days', monthRange(new Date(day)))
  }
  for (const some of chunksOf(merged, rowsAtOnce)) {
    await sql`
      insert into usage_days (day, app_id, key_id, route_class, requests, refused, last_at)
      select day, coalesce("appId", ''), coalesce("keyId", ''), "routeClass", requests, refused, "lastAt"
      from jsonb_to_recordset(${JSON.stringify(some)}::jsonb) as v(day date, "appId" text, "keyId" text,
        "routeClass" text, requests bigint, refused bigint, "lastAt" timestamptz)
      on conflict (day, app_id, key_id, route_class) do update set
        requests = usage_days.requests + excluded.requests,
        refused = usage_days.refused + excluded.refused,
        last_at = greatest(usage_days.last_at, excluded.last_at)`.execute(db)
  }
}

const mergeUses = (uses: readonly Usage[]): Usage[] => {
  const merged = new Map<string, Usage>()
  for (const use of uses) {
    const key = JSON.stringify([use.day, use.appId, use.keyId, use.routeClass])
    const into = merged.get(key)
    if (into === undefined) {
      merged.set(key, { ...use })
      continue
    }
    into.requests += use.requests
    into.refused += use.refused
    if (Date.parse(use.lastAt) > Date.parse(into.lastAt)) into.lastAt = use.lastAt
  }
  return [...merged.values()]
}
