import { type Kysely, sql } from 'kysely'
import { Problem } from '../../../../contract/problems.ts'
import { requireRole } from '../../platform/auth/authenticate.ts'
import type { Tables } from '../../platform/database/tables.ts'
import type { Scope } from '../change.ts'

/** Why an app may not be released now. */
export interface Hindrance {
  appId: string
  code: 'frozen' | 'approval_required'
  detail: string
}

interface HindranceRow {
  app_id: string
  frozen_until: Date | null
  freeze_reason: string | null
  approval_asked_by: string | null
}

/** What stands in the way of releasing these apps: freezes of theirs, of a template above or of the fleet, and missing approvals. */
export const listHindrances = async (
  db: Kysely<Tables>,
  appIds: readonly string[],
  { isApproved }: { isApproved: boolean },
): Promise<Hindrance[]> => {
  const { rows } = await sql<HindranceRow>`
    with recursive chain as (
      select a.app_id as asked, a.app_id, a.extends, a.requires_approval, 1 as depth
      from jsonb_array_elements_text(${JSON.stringify(appIds)}::jsonb) as asked(id) join apps a on a.app_id = asked.id
      union all
      select chain.asked, a.app_id, a.extends, a.requires_approval, chain.depth + 1
      from chain join apps a on a.app_id = chain.extends where chain.depth < 20
    ), open_freezes as (
      select app_id, until, reason from freezes where ended_at is null and until > clock_timestamp()
    )
    select chain.asked as app_id, max(f.until) as frozen_until, min(f.reason) as freeze_reason,
      min(chain.app_id) filter (where chain.requires_approval) as approval_asked_by
    from chain left join open_freezes f on f.app_id = chain.app_id or f.app_id is null
    group by chain.asked
    having max(f.until) is not null or bool_or(chain.requires_approval)
    order by chain.asked`.execute(db)
  return rows.flatMap((row): Hindrance[] => {
    const hindrances: Hindrance[] = []
    if (row.frozen_until) {
      hindrances.push({
        appId: row.app_id,
        code: 'frozen',
        detail: `Releases of ${row.app_id} are frozen until ${row.frozen_until.toISOString()} (${row.freeze_reason}). An administrator may send "override": true with a reason.`,
      })
    }
    if (row.approval_asked_by !== null && !isApproved) {
      hindrances.push({
        appId: row.app_id,
        code: 'approval_required',
        detail: `${row.approval_asked_by} asks for another person's approval. Propose the release: POST /manage/v1/apps/${row.app_id}/proposals.`,
      })
    }
    return hindrances
  })
}

/**
 * Throws 409 (frozen, approval_required) where something stands in the way. With `override` an administrator passes all
 * the same; the answer tells what was overridden, for the audit log.
 */
export const mayRelease = async (
  scope: Scope,
  appIds: readonly string[],
  options: { override: boolean; isApproved: boolean },
): Promise<Hindrance[]> => {
  const hindrances = await listHindrances(scope.db, appIds, options)
  const first = hindrances[0]
  if (!first) return []
  if (!options.override) throw new Problem(first.code, { detail: first.detail })
  requireRole(scope.actor, 'admin', 'an override')
  return hindrances
}
