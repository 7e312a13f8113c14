import { type Kysely, sql } from 'kysely'
import type { Tables } from '../../platform/database/tables.ts'
import { type AlertRow, listOpenAlerts } from './store/alerts.ts'
import { type ChannelRow, listEnabledChannels } from './store/channels.ts'
import { listHealthRules, type RuleRow } from './store/rules.ts'
import { listOpenSilences, type SilenceRow } from './store/silences.ts'

/** A rule about the health of the services, with what was known of its alerts. */
export interface HeldRule {
  rule: RuleRow
  open: readonly AlertRow[]
  /** The number of its last alert: the same on every node until there is another. */
  lastAlertId: number
}

/** What a node has to know to tell that the database is away. */
export interface Snapshot {
  rules: readonly HeldRule[]
  channels: readonly ChannelRow[]
  silences: readonly SilenceRow[]
}

export const readSnapshot = async (db: Kysely<Tables>): Promise<Snapshot> => {
  const rules = await listHealthRules(db)
  const held: HeldRule[] = []
  for (const rule of rules) {
    const { rows } = await sql<{ last: number }>`
      select coalesce(max(alert_id), 0) as last from alerts where rule = ${rule.name}`.execute(db)
    held.push({ rule, open: await listOpenAlerts(db, rule.name), lastAlertId: rows[0]?.last ?? 0 })
  }
  return { rules: held, channels: await listEnabledChannels(db), silences: await listOpenSilences(db) }
}
