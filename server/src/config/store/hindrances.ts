import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Tables } from '../../platform/database/tables.ts'
import { deepestChain } from './chains.ts'

/** Something that stands in the way of releasing an app, and where it was asked for. */
export interface HindranceRow {
  app_id: string
  code: 'frozen' | 'approval_required'
  /** The app or template that is frozen, or asks for approval; null: the whole fleet is frozen. */
  set_by: string | null
  /** How the app is related to it. */
  relation: 'fleet' | 'self' | 'above' | 'below'
  until: Date | null
  reason: string | null
}

/** What extends a template. The offset makes planners ask for each by the index, not join all that extends anything. */
const extending = (template: RawBuilder<unknown>) => sql`
  select app_id, kind, requires_approval from apps where extends = ${template} and archived_at is null offset 0`

/**
 * What stands in the way of releasing these apps. A release of an app is one of what its templates say, and a template's
 * reaches whatever extends it, so both directions count. Archived apps are reached by nothing.
 */
export const listHindranceRows = async (
  db: Kysely<Tables>,
  appIds: readonly string[],
): Promise<HindranceRow[]> => {
  const { rows } = await sql<HindranceRow>`
    with recursive asked as materialized (
      select a.app_id, a.kind, a.extends, a.requires_approval
      from (select distinct jsonb_array_elements_text(${JSON.stringify(appIds)}::jsonb) as app_id) wanted
      join apps a on a.app_id = wanted.app_id
    ), above as (
      select asked.app_id as asked, a.app_id, a.extends, a.requires_approval, 1 as depth
      from asked join apps a on a.app_id = asked.extends
      union all
      select above.asked, a.app_id, a.extends, a.requires_approval, above.depth + 1
      from above join apps a on a.app_id = above.extends where above.depth <= ${deepestChain}
    ), below as (
      select asked.app_id as asked, a.app_id, a.kind, a.requires_approval, 1 as depth
      from asked cross join lateral (${extending(sql.ref('asked.app_id'))}) a where asked.kind = 'template'
      union all
      select below.asked, a.app_id, a.kind, a.requires_approval, below.depth + 1
      from below cross join lateral (${extending(sql.ref('below.app_id'))}) a
      where below.kind = 'template' and below.depth <= ${deepestChain}
    ), reached as materialized (
      select app_id as asked, app_id, requires_approval, 'self' as relation from asked
      union all select asked, app_id, requires_approval, 'above' from above
      union all select asked, app_id, requires_approval, 'below' from below
    ), freezing as materialized (
      select distinct on (app_id) app_id, until, reason from freezes
      where ended_at is null and until > clock_timestamp() order by app_id, until desc
    )
    select r.asked as app_id, 'frozen' as code, f.app_id as set_by, r.relation, f.until, f.reason
      from reached r join freezing f on f.app_id = r.app_id
    union all
    select a.app_id, 'frozen', null, 'fleet', f.until, f.reason
      from asked a cross join freezing f where f.app_id is null
    union all
    select asked, 'approval_required', app_id, relation, null, null from reached where requires_approval
    order by app_id, code desc, until desc, set_by`.execute(db)
  return rows
}
