import type { Schedule } from '../../../../contract/review.ts'
import { decodeCursor, toPage } from '../../platform/http/cursor.ts'
import type { Reader } from '../apps/find-app.ts'
import { listScheduleRows, toSchedule } from '../store/schedules.ts'

interface Query {
  limit: number
  cursor?: string | undefined
  appId?: string | undefined
  state?: Schedule['state'] | undefined
}

/** A page of scheduled releases of apps that the actor's token is for, newest first. */
export const listSchedules = async (
  { db, actor }: Reader,
  query: Query,
): Promise<{ items: Schedule[]; nextCursor: string | null }> => {
  const before = decodeCursor(query.cursor, 'number')
  const { appId, state, limit } = query
  const rows = await listScheduleRows(db, actor.scope, { before, limit: limit + 1, appId, state })
  return toPage(rows, limit, (row) => row.schedule_id, toSchedule)
}
