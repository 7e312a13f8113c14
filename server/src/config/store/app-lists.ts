import { type Kysely, type Selectable, type SqlBool, sql } from 'kysely'
import type { AppScope } from '../../platform/auth/authenticate.ts'
import { inScope } from '../../platform/database/in-scope.ts'
import type { AppsTable, Tables } from '../../platform/database/tables.ts'

/** An app without its schema, which may be large and is asked for by itself. */
export type ListedApp = Omit<Selectable<AppsTable>, 'schema'>

/** Which apps a list is of: those that fit all that is given. */
export interface AppFilter {
  scope: AppScope
  label?: { name: string; value: string } | undefined
  extends?: string | undefined
  kind?: 'app' | 'template' | undefined
  archived?: boolean | undefined
}

const listed = (db: Kysely<Tables>, filter: AppFilter) =>
  db
    .selectFrom('apps')
    .select(['app_id', 'kind', 'name', 'extends', 'access', 'labels', 'requires_approval', 'revision'])
    .select(['attributes', 'poll_seconds', 'allowed_origins', 'created_at', 'updated_at', 'archived_at'])
    .where(inScope(filter.scope))
    .$if(filter.label !== undefined, (query) => {
      const { name, value } = filter.label ?? { name: '', value: '' }
      return query.where(sql<SqlBool>`labels @> ${JSON.stringify({ [name]: value })}::jsonb`)
    })
    .$if(filter.extends !== undefined, (query) => query.where('extends', '=', filter.extends ?? ''))
    // As literals: planners compare them with the conditions of partial indexes.
    .$if(filter.kind !== undefined, (query) =>
      query.where(sql<SqlBool>`kind = ${sql.lit(filter.kind ?? 'app')}`),
    )
    .$if(filter.archived !== undefined, (query) =>
      query.where('archived_at', filter.archived ? 'is not' : 'is', null),
    )

/** Apps by appId, from after the given one. */
export const listAppRows = (
  db: Kysely<Tables>,
  filter: AppFilter,
  page: { after: string | null; limit: number },
): Promise<ListedApp[]> => {
  const { extends: template, ...others } = filter
  const after = page.after ?? ''
  const query = listed(db, others).limit(page.limit)
  if (template === undefined) return query.where('app_id', '>', after).orderBy('app_id').execute()
  // As a range of its index: told "extends = ...", planners go through all apps where they expect many.
  return query
    .where(sql<SqlBool>`(extends, app_id) > (${template}, ${after}) and extends <= ${template}`)
    .orderBy('extends')
    .orderBy('app_id')
    .execute()
}

/** Where a page of a search begins: after this key (appId or name, in lower case), and this app among those that share it. */
export interface SearchPlace {
  key: string
  appId: string
}

export interface FoundApp extends ListedApp {
  key: string
}

const byId = sql<string>`lower(app_id)`
const byName = sql<string>`lower(name) collate "C"`
const begins = (key: typeof byId, search: string) =>
  sql<SqlBool>`${key} like lower(${`${search.replaceAll(/[\\%_]/g, '\\$&')}%`})`

/**
 * Apps whose appId, or else whose name, begins with a text, whatever its case; by that key, then by appId. Those found by
 * name are those that are not found by appId.
 */
export const searchAppRows = (
  db: Kysely<Tables>,
  filter: AppFilter & { search: string },
  page: { by: 'appId' | 'name'; after: SearchPlace | null; limit: number },
): Promise<FoundApp[]> => {
  const key = page.by === 'appId' ? byId : byName
  return listed(db, filter)
    .select(key.as('key'))
    .where(begins(key, filter.search))
    .$if(page.by === 'name', (query) => query.where(sql<SqlBool>`not ${begins(byId, filter.search)}`))
    .$if(page.after !== null, (query) =>
      query.where(sql<SqlBool>`(${key}, app_id) > (${page.after?.key}, ${page.after?.appId})`),
    )
    .orderBy(key)
    .orderBy('app_id')
    .limit(page.limit)
    .execute()
}
