import { type Kysely, sql } from 'kysely'
import type { Tables } from '../../platform/database/tables.ts'
import type { AlertState } from './judge-alert.ts'

interface AlertRow {
  is_known: boolean
  fired_at: Date | null
  is_firing: boolean
  is_pending: boolean
}

/**
 * How an alert rule stands for the apps of a rollout: what is about others of them, alone, does not count. A silence does not either: it is for
 * people. Undefined where there is no such rule.
 */
export const readAlert = async (
  db: Kysely<Tables>,
  rule: string,
  rolloutId: number,
): Promise<AlertState | undefined> => {
  const { rows } = await sql<AlertRow>`
    with open_alerts as (
      select state, fired_at from alerts a
      where a.rule = ${rule} and a.state <> 'resolved' and (a.app_id is null or exists (
        select from releases r where r.rollout_id = ${rolloutId} and r.app_id = a.app_id))
    )
    select exists (select from alert_rules where name = ${rule}) as is_known,
      (select min(fired_at) from open_alerts where state = 'firing') as fired_at,
      exists (select from open_alerts where state = 'firing') as is_firing,
      exists (select from open_alerts where state = 'pending') as is_pending`.execute(db)
  const [row] = rows
  if (!row?.is_known) return undefined
  if (row.is_firing) return { state: 'firing', since: row.fired_at }
  return { state: row.is_pending ? 'pending' : 'quiet', since: null }
}
