import type { Kysely } from 'kysely'
import type { Tables } from '../../../platform/database/tables.ts'
import { endAlerts } from '../store/alerts.ts'
import type { RuleRow } from '../store/rules.ts'
import { readClock } from '../store/silences.ts'
import { tellChannels } from '../tell-channels.ts'

/** Ends the alerts of a rule that is no longer what it was, and tells that to whom they were told. */
export const endAlertsOf = async (
  db: Kysely<Tables>,
  rule: RuleRow,
  because: 'ruleChanged' | 'ruleRemoved',
  publicUrl: string | undefined,
): Promise<void> => {
  await endAlerts(db, rule.name, because)
  // There may be no evaluation any more that could tell it later.
  await tellChannels(db, { ...rule, told_at: null }, await readClock(db), publicUrl)
}
