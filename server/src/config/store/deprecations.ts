import { type Kysely, sql } from 'kysely'
import type { AppScope } from '../../platform/auth/authenticate.ts'
import { inScope } from '../../platform/database/in-scope.ts'
import type { Tables } from '../../platform/database/tables.ts'

export interface DeprecatedRow {
  deprecation_date: string
  app_id: string
  channel: string
  revision: number
  version: string
}

/** What is live on apps that are not archived and has a deprecation date up to this text, in the order of an index. */
export const listDeprecatedRows = async (
  db: Kysely<Tables>,
  scope: AppScope,
  page: { upTo: string; after: { date: string; appId: string; channel: string } | null; limit: number },
): Promise<DeprecatedRow[]> => {
  const { date, appId, channel } = page.after ?? { date: '', appId: '', channel: '' }
  const { rows } = await sql<DeprecatedRow>`
    select c.deprecation_date, c.app_id, c.channel, c.revision, r.version
    from channels c join apps on apps.app_id = c.app_id join releases r on r.revision = c.revision
    where c.deprecation_date <= ${page.upTo} and (c.deprecation_date, c.app_id, c.channel) > (${date}, ${appId}, ${channel})
      and apps.kind = 'app' and apps.archived_at is null and ${inScope(scope)}
    order by c.deprecation_date, c.app_id, c.channel limit ${page.limit}`.execute(db)
  return rows
}
