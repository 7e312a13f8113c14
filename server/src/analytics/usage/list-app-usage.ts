import type { Kysely } from 'kysely'
import type { AppUsage, UsageDaysQuery } from '../../../../contract/analytics-usage.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { listUsage } from './list-usage.ts'

/** A page of what each app was asked for. */
export const listAppUsage = async (
  db: Kysely<Tables>,
  query: UsageDaysQuery,
): Promise<{ items: AppUsage[]; nextCursor: string | null }> => {
  const { rows, nextCursor } = await listUsage(db, 'app_id', query)
  const items = rows.map(({ id, period, requests, refused, last_at }) => ({
    ...{ appId: id === '' ? null : id, period, requests, refused, lastSeen: last_at.toISOString() },
  }))
  return { items, nextCursor }
}
