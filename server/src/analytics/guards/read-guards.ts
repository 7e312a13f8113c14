import { type Kysely, type Selectable, sql } from 'kysely'
import type { Guard, GuardEstimate, RolloutGuards } from '../../../../contract/guard.ts'
import { Problem } from '../../../../contract/problems.ts'
import { type Actor, type AppScope, forbidden } from '../../platform/auth/authenticate.ts'
import type { GuardsTable } from '../../platform/database/analytics-tables.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { findWatched, listGuards } from './guard-rows.ts'

/** What the guards of a rollout have found. Throws 404, or 403 where it reaches no app that the actor's token is for. */
export const readGuards = async (
  { db, actor }: { db: Kysely<Tables>; actor: Actor },
  rolloutId: number,
): Promise<RolloutGuards> => {
  const rollout = await findWatched(db, rolloutId)
  if (rollout === undefined) {
    throw new Problem('rollout_not_found', {
      detail: `There is no rollout ${rolloutId}; GET /manage/v1/rollouts lists those there are.`,
    })
  }
  if (!(await reaches(db, rolloutId, actor.scope))) {
    throw forbidden(`The token of ${actor.name} is for none of the apps of rollout ${rolloutId}.`)
  }
  const rows = new Map((await listGuards(db, rolloutId)).map((row) => [row.name, row]))
  return { rolloutId, guards: rollout.guards.map((guard) => toState(guard, rows.get(guard.name))) }
}

const toState = (guard: Guard, row: Selectable<GuardsTable> | undefined): RolloutGuards['guards'][number] => {
  const found = row?.findings as { estimate?: GuardEstimate; value?: number | null } | null | undefined
  return {
    name: guard.name,
    guard,
    decision: row?.decision ?? 'hold',
    reason: row?.reason ?? 'has not looked yet',
    estimate: found?.estimate ?? null,
    value: found?.value ?? null,
    lookedAt: row?.looked_at?.toISOString() ?? null,
  }
}

const reaches = async (
  db: Kysely<Tables>,
  rolloutId: number,
  { appIds, labels }: AppScope,
): Promise<boolean> => {
  if (appIds === null && labels === null) return true
  const { rows } = await sql`
    select from releases r join apps a on a.app_id = r.app_id where r.rollout_id = ${rolloutId}
      and (${appIds === null} or a.app_id = any (array(select jsonb_array_elements_text(${JSON.stringify(appIds ?? [])}::jsonb))))
      and (${labels === null} or a.labels @> ${JSON.stringify(labels ?? {})}::jsonb) limit 1`.execute(db)
  return rows.length > 0
}
