import type { Deprecation } from '../../../../contract/config.ts'
import { decodeCursor, foreignCursor, toPage } from '../../platform/http/cursor.ts'
import type { Reader } from '../apps/find-app.ts'
import { type DeprecatedRow, listDeprecatedRows } from '../store/deprecations.ts'

interface Query {
  limit: number
  cursor?: string | undefined
  withinDays: number
}

const dayMs = 86_400_000

/**
 * A page of live configs that count as deprecated or soon will, by the date as it is written, then by appId and channel. Of
 * the apps that the token is for, without archived ones.
 */
export const listDeprecations = async (
  { db, actor }: Reader,
  { limit, cursor, withinDays }: Query,
): Promise<{ items: Deprecation[]; nextCursor: string | null }> => {
  const now = Date.now()
  const horizon = now + withinDays * dayMs
  const rows = await listDeprecatedRows(db, actor.scope, {
    // Dates are compared as text first, and an offset may shift one by almost a day.
    upTo: new Date(horizon + dayMs).toISOString(),
    after: placeOf(decodeCursor(cursor, 'string')),
    limit: limit + 1,
  })
  const keyOf = (row: DeprecatedRow): string => `${row.deprecation_date} ${row.app_id} ${row.channel}`
  const page = toPage(rows, limit, keyOf, (row): Deprecation => {
    const state = Date.parse(row.deprecation_date) <= now ? 'past' : 'near'
    return {
      appId: row.app_id,
      channel: row.channel,
      revision: row.revision,
      configVersion: row.version,
      deprecationDate: row.deprecation_date,
      state,
    }
  })
  return { ...page, items: page.items.filter((item) => Date.parse(item.deprecationDate) <= horizon) }
}

/** None of the three holds a space. */
const placeOf = (text: string | null) => {
  if (text === null) return null
  const [date, appId, channel, ...rest] = text.split(' ')
  if (!date || !appId || !channel || rest.length > 0) throw foreignCursor()
  return { date, appId, channel }
}
