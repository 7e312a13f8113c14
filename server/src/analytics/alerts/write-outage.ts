import { type Kysely, sql } from 'kysely'
import type { Tables } from '../../platform/database/tables.ts'
import { saveAlerts } from './store/alerts.ts'
import { insertOutageDelivery } from './store/deliveries.ts'
import { lockRule } from './store/rules.ts'
import type { OutageAlert } from './watch-outage.ts'

/**
 * Writes what came of an outage, in one transaction: the alerts that fired, as firing, so that they end as all others do, and what was
 * sent or is still to be. What another node has written before is left as it is.
 */
export const writeOutage = async (db: Kysely<Tables>, alerts: readonly OutageAlert[]): Promise<void> => {
  for (const { held, subject, progress, summary, deliveries, isTold } of alerts) {
    if (progress.state !== 'firing') continue
    await db.transaction().execute(async (transaction) => {
      const rule = await lockRule(transaction, held.rule.name)
      if (!rule) return
      const { rows } = await sql<{
        there: boolean
      }>`select exists (select from alerts where rule = ${rule.name}
        and subject = ${subject} and state <> 'resolved') as there`.execute(transaction)
      if (!rows[0]?.there) {
        await saveAlerts(transaction, rule.name, rule.definition.severity, [
          {
            ...{ alertId: null, subject, appId: null, summary, value: 1, limit: 0 },
            ...progress,
            ...{ resolvedAt: null, resolvedBecause: null },
          },
        ])
      }
      await sql`update alerts set state = 'firing', told = coalesce(told, ${isTold ? 'firing' : null}),
          fired_at = coalesce(fired_at, to_timestamp(${(progress.firedAt ?? 0) / 1_000}))
        where rule = ${rule.name} and subject = ${subject} and state <> 'resolved'`.execute(transaction)
      for (const delivery of deliveries) await insertOutageDelivery(transaction, delivery)
    })
  }
}
