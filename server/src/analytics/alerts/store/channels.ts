import { type Kysely, type Selectable, sql } from 'kysely'
import type { AlertChannel } from '../../../../../contract/alert-channel.ts'
import type { AlertChannelsTable } from '../../../platform/database/alert-tables.ts'
import type { Tables } from '../../../platform/database/tables.ts'

/** What a webhook is signed with, until when (null: until it is replaced). */
export interface SigningSecret {
  secret: string
  until: string | null
}

export type ChannelRow = Omit<Selectable<AlertChannelsTable>, 'receiver' | 'secrets'> & {
  receiver: { url?: string; to?: string[] }
  secrets: SigningSecret[]
}

const toRow = (row: Selectable<AlertChannelsTable>): ChannelRow => ({
  ...row,
  receiver: row.receiver as ChannelRow['receiver'],
  secrets: row.secrets as SigningSecret[],
})

/** Whom a channel reaches, without what only those who made it may know. */
const receiverText = ({ url, to }: ChannelRow['receiver']): string =>
  url === undefined ? (to ?? []).join(', ') : `${new URL(url).origin}/…`

export const toChannel = (row: ChannelRow): AlertChannel => ({
  name: row.name,
  kind: row.kind,
  receiver: receiverText(row.receiver),
  isDefault: row.is_default,
  leastSeverity: row.least_severity,
  isEnabled: row.is_enabled,
  note: row.note,
  failures: row.failures,
  lastError: row.last_error,
  lastErrorAt: row.last_error_at?.toISOString() ?? null,
  lastSentAt: row.last_sent_at?.toISOString() ?? null,
  revision: row.revision,
  createdAt: row.created_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
})

export interface ChannelFields {
  receiver: ChannelRow['receiver']
  secrets: readonly SigningSecret[]
  isDefault: boolean
  leastSeverity: ChannelRow['least_severity']
  isEnabled: boolean
  note: string | null
}

const columns = (fields: ChannelFields) => ({
  receiver: JSON.stringify(fields.receiver),
  secrets: JSON.stringify(fields.secrets),
  is_default: fields.isDefault,
  least_severity: fields.leastSeverity,
  is_enabled: fields.isEnabled,
  note: fields.note,
})

export const fieldsOf = (row: ChannelRow): ChannelFields => ({
  receiver: row.receiver,
  secrets: row.secrets,
  isDefault: row.is_default,
  leastSeverity: row.least_severity,
  isEnabled: row.is_enabled,
  note: row.note,
})

/** Channels are made one at a time, so that there are never more than there may be. */
export const lockChannels = async (db: Kysely<Tables>): Promise<void> => {
  await sql`select pg_advisory_xact_lock(hashtext('parasol alert channels'), 0)`.execute(db)
}

export const countChannels = async (db: Kysely<Tables>): Promise<number> => {
  const { rows } = await sql<{ channels: number }>`select count(*) as channels from alert_channels`.execute(
    db,
  )
  return rows[0]?.channels ?? 0
}

export const insertChannel = async (
  db: Kysely<Tables>,
  name: string,
  kind: ChannelRow['kind'],
  fields: ChannelFields,
): Promise<ChannelRow | undefined> => {
  const row = await db
    .insertInto('alert_channels')
    .values({ name, kind, ...columns(fields) })
    .onConflict((conflict) => conflict.doNothing())
    .returningAll()
    .executeTakeFirst()
  return row && toRow(row)
}

export const findChannel = async (db: Kysely<Tables>, name: string): Promise<ChannelRow | undefined> => {
  const row = await db.selectFrom('alert_channels').selectAll().where('name', '=', name).executeTakeFirst()
  return row && toRow(row)
}

export const lockChannel = async (db: Kysely<Tables>, name: string): Promise<ChannelRow | undefined> => {
  const row = await db
    .selectFrom('alert_channels')
    .selectAll()
    .where('name', '=', name)
    .forUpdate()
    .executeTakeFirst()
  return row && toRow(row)
}

/** With the change it may be asked at once again, whatever it wanted before. */
export const updateChannel = async (
  db: Kysely<Tables>,
  name: string,
  fields: ChannelFields,
): Promise<ChannelRow> => {
  const row = await db
    .updateTable('alert_channels')
    .set({
      ...columns(fields),
      not_before: sql<Date>`clock_timestamp()`,
      revision: sql<number>`nextval('revisions')`,
      updated_at: sql<Date>`clock_timestamp()`,
    })
    .where('name', '=', name)
    .returningAll()
    .executeTakeFirstOrThrow()
  return toRow(row)
}

export const deleteChannel = async (db: Kysely<Tables>, name: string): Promise<void> => {
  await db.deleteFrom('alert_channels').where('name', '=', name).execute()
}

export const listChannelRows = async (
  db: Kysely<Tables>,
  { after, limit }: { after: string | null; limit: number },
): Promise<ChannelRow[]> => {
  const rows = await db
    .selectFrom('alert_channels')
    .selectAll()
    .$if(after !== null, (query) => query.where('name', '>', after as string))
    .orderBy('name')
    .limit(limit)
    .execute()
  return rows.map(toRow)
}

export const listEnabledChannels = async (db: Kysely<Tables>): Promise<ChannelRow[]> =>
  (
    await db.selectFrom('alert_channels').selectAll().where('is_enabled', '=', true).orderBy('name').execute()
  ).map(toRow)

/** One of these names that there is not; channels that there are cannot be removed until the transaction ends. */
export const findUnknownChannel = async (
  db: Kysely<Tables>,
  names: readonly string[],
): Promise<string | undefined> => {
  if (names.length === 0) return undefined
  const known = await db
    .selectFrom('alert_channels')
    .select('name')
    .where('name', 'in', names)
    .orderBy('name')
    .forKeyShare()
    .execute()
  return names.find((name) => !known.some((row) => row.name === name))
}
