import type { Kysely } from 'kysely'
import type { EventLimits } from '../../../../contract/event-limits.ts'
import { appendAudit } from '../../platform/audit/append-audit.ts'
import type { Actor } from '../../platform/auth/authenticate.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { toEventLimits } from './event-limits.ts'

/** Sets all limits of the events of an app, with a row in the audit log. */
export const setEventLimits = (
  db: Kysely<Tables>,
  appId: string,
  limits: EventLimits,
  by: { actor: Actor; requestId: string },
): Promise<void> =>
  db.transaction().execute(async (transaction) => {
    const before = await transaction
      .selectFrom('event_limits')
      .selectAll()
      .where('app_id', '=', appId)
      .forUpdate()
      .executeTakeFirst()
    const columns = {
      event_names: limits.eventNames,
      properties_per_event: limits.propertiesPerEvent,
      values_per_property: limits.valuesPerProperty,
      events_per_day: limits.eventsPerDay,
      updated_at: new Date(),
    }
    await transaction
      .insertInto('event_limits')
      .values({ app_id: appId, ...columns })
      .onConflict((conflict) => conflict.column('app_id').doUpdateSet(columns))
      .execute()
    await appendAudit(transaction, {
      actor: by.actor.name,
      requestId: by.requestId,
      action: 'event-limits.set',
      appId,
      target: null,
      before: before ? toEventLimits(before) : null,
      after: limits,
    })
  })
