import { type Kysely, sql } from 'kysely'
import type { Tables } from '../../platform/database/tables.ts'

/** How it is with a rule; `since`: when the first of its alerts that fire began to. */
export interface RuleState {
  state: 'quiet' | 'pending' | 'firing'
  since: Date | null
}

/**
 * How it is with a rule as far as a rollout is concerned: its alerts about an app that the rollout reaches, about a template above one, or
 * about no app. Undefined where there is no such rule, or it is switched off: nobody looks.
 */
export const readAlert = async (
  db: Kysely<Tables>,
  rule: string,
  rolloutId: number,
): Promise<RuleState | undefined> => {
  const { rows } = await sql<{ firing: number; pending: number; since: Date | null }>`
    select count(*) filter (where a.state = 'firing') as firing, count(*) filter (where a.state = 'pending') as pending,
      min(a.fired_at) filter (where a.state = 'firing') as since
    from alert_rules r left join alerts a on a.rule = r.name and a.state <> 'resolved' and (
      a.app_id is null or exists (
        select from releases l where l.rollout_id = ${rolloutId} and (l.app_id = a.app_id or l.app_id in (
          with recursive below as (
            select app_id from apps where extends = a.app_id
            union select b.app_id from apps b join below on b.extends = below.app_id
          ) select app_id from below))
      )
    )
    where r.name = ${rule} and r.is_enabled group by r.name`.execute(db)
  const [row] = rows
  if (!row) return undefined
  const { firing, pending, since } = row
  return { state: firing > 0 ? 'firing' : pending > 0 ? 'pending' : 'quiet', since }
}
