import type { Kysely } from 'kysely'
import { Problem } from '../../../../../contract/problems.ts'
import type { Tables } from '../../../platform/database/tables.ts'
import { findUnknownChannel } from '../store/channels.ts'

/** Throws 404 for channels that there are not: nobody would be told. */
export const refuseUnknownChannels = async (
  db: Kysely<Tables>,
  names: readonly string[] | null | undefined,
): Promise<void> => {
  const unknown = await findUnknownChannel(db, names ?? [])
  if (unknown === undefined) return
  throw new Problem('alert_channel_not_found', {
    detail: `There is no channel ${unknown}; GET /manage/v1/alerts/channels lists those there are.`,
  })
}
