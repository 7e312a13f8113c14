import type { Kysely } from 'kysely'
import type { Change } from '../../platform/changes/changes.ts'
import type { Tables } from '../../platform/database/tables.ts'

/** Notes, in the transaction of a change, that caches and other nodes must still be told of it. */
export const insertOutbox = async (db: Kysely<Tables>, changes: readonly Change[]): Promise<void> => {
  if (changes.length === 0) return
  await db
    .insertInto('outbox')
    .values(changes.map(({ appId, channel, sequence }) => ({ app_id: appId, channel, sequence })))
    .execute()
}

/** What nobody has been told of yet: the newest change of each app and channel, oldest first. */
export const listOutbox = async (db: Kysely<Tables>, limit: number): Promise<Change[]> => {
  const rows = await db
    .selectFrom('outbox')
    .select((select) => ['app_id', 'channel', select.fn.max('sequence').as('sequence')])
    .groupBy(['app_id', 'channel'])
    .orderBy((select) => select.fn.min('id'))
    .limit(limit)
    .execute()
  return rows.map((row) => ({ appId: row.app_id, channel: row.channel, sequence: row.sequence }))
}

/** Drops the notes of changes that have been told, up to their sequence. */
export const deleteOutbox = async (db: Kysely<Tables>, changes: readonly Change[]): Promise<void> => {
  for (const { appId, channel, sequence } of changes) {
    await db
      .deleteFrom('outbox')
      .where('app_id', '=', appId)
      .where('channel', '=', channel)
      .where('sequence', '<=', sequence)
      .execute()
  }
}
