import { startOf } from '../rollups/levels.ts'
import type { Asked } from './asked.ts'

/** Notes how much of what was asked for in that time is in no number. */
export const noteLost = async ({ db, from, to, notes }: Asked): Promise<void> => {
  const row = await db
    .selectFrom('lost_counts')
    .select((eb) => eb.fn.sum<string | null>('requests').as('requests'))
    .where('at', '>=', new Date(startOf('hour', from)))
    .where('at', '<', new Date(to))
    .executeTakeFirst()
  const requests = Number(row?.requests ?? 0)
  if (requests > 0) {
    notes.add(
      `Gateways had no room for ${requests} requests of that time, of whatever app: they are in no number.`,
    )
  }
}
