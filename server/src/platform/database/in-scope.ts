import { type Kysely, type RawBuilder, type SqlBool, sql } from 'kysely'
import type { AppScope } from '../auth/authenticate.ts'
import type { Tables } from './tables.ts'
import { textArray } from './text-array.ts'

/** The condition that an app is one that a token may touch; `apps` is what the query calls the table. */
export const inScope = ({ appIds, labels }: AppScope, apps = 'apps'): RawBuilder<SqlBool> => {
  const byId = appIds && sql<SqlBool>`${sql.ref(`${apps}.app_id`)} = any (${textArray(appIds)})`
  const byLabels = labels && sql<SqlBool>`${sql.ref(`${apps}.labels`)} @> ${JSON.stringify(labels)}::jsonb`
  if (byId && byLabels) return sql`(${byId} and ${byLabels})`
  return byId ?? byLabels ?? sql`true`
}

/** One of these apps that a token may not touch; undefined where it may touch all of them. */
export const findOutOfScope = async (
  db: Kysely<Tables>,
  appIds: readonly string[],
  scope: AppScope,
): Promise<string | undefined> => {
  const row = await db
    .selectFrom('apps')
    .select('app_id')
    .where(sql<SqlBool>`app_id = any (${textArray(appIds)}) and not ${inScope(scope)}`)
    .orderBy('app_id')
    .limit(1)
    .executeTakeFirst()
  return row?.app_id
}
