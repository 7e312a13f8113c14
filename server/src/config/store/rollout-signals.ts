import { type Kysely, sql } from 'kysely'
import type { RolloutSignalInput } from '../../../../contract/rollout.ts'
import type { Tables } from '../../platform/database/tables.ts'

type Signal = Omit<RolloutSignalInput, 'reason'> & { reason: string | null }

/**
 * Keeps a signal as the newest of its source. One that says what the source said last takes its place, so that a monitor may
 * repeat itself every second; `isNews` is false then.
 */
export const saveSignal = async (
  db: Kysely<Tables>,
  rolloutId: number,
  { source, decision, reason, expiresInSeconds }: Signal,
  actor: string,
): Promise<{ isNews: boolean }> => {
  const expiresAt =
    expiresInSeconds === undefined
      ? sql<null>`null::timestamptz`
      : sql<Date>`clock_timestamp() + make_interval(secs => ${expiresInSeconds})`
  const { numUpdatedRows } = await db
    .updateTable('rollout_signals')
    .set({ expires_at: expiresAt, actor })
    .where('signal_id', '=', (select) =>
      select
        .selectFrom('rollout_signals')
        .select((of) => of.fn.max('signal_id').as('newest'))
        .where('rollout_id', '=', rolloutId)
        .where('source', '=', source),
    )
    .where('decision', '=', decision)
    .where(sql<boolean>`reason is not distinct from ${reason}::text`)
    .executeTakeFirst()
  if (numUpdatedRows > 0n) return { isNews: false }
  await db
    .insertInto('rollout_signals')
    .values({ rollout_id: rolloutId, source, decision, reason, actor, expires_at: expiresAt })
    .execute()
  return { isNews: true }
}
