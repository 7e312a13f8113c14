import { type Kysely, sql } from 'kysely'
import type { Tables } from '../../../platform/database/tables.ts'

/** A node that was not seen for so long is gone. */
const goneSeconds = 60

/**
 * Says that this node is there; answers how many of those that are there have been so for longer. The first tells of what nobody can
 * note, while the database is away.
 */
export const noteNode = async (db: Kysely<Tables>, nodeId: string): Promise<number> => {
  const { rows } = await sql<{ before: number }>`
    with gone as (
      delete from alert_nodes where node_id <> ${nodeId}
        and seen_at < clock_timestamp() - make_interval(secs => ${goneSeconds})
    ), me as (
      insert into alert_nodes (node_id) values (${nodeId})
      on conflict (node_id) do update set seen_at = clock_timestamp() returning number
    )
    select count(*) as before from alert_nodes n, me where n.number < me.number
      and n.seen_at >= clock_timestamp() - make_interval(secs => ${goneSeconds})`.execute(db)
  return rows[0]?.before ?? 0
}

/** This node stops. */
export const forgetNode = async (db: Kysely<Tables>, nodeId: string): Promise<void> => {
  await db.deleteFrom('alert_nodes').where('node_id', '=', nodeId).execute()
}
