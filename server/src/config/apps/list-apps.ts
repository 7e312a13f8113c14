import type { App } from '../../../../contract/app.ts'
import { decodeCursor, foreignCursor, toPage } from '../../platform/http/cursor.ts'
import { type AppFilter, type FoundApp, listAppRows, searchAppRows } from '../store/app-lists.ts'
import { toApp } from '../store/apps.ts'
import type { Reader } from './find-app.ts'

interface Query {
  limit: number
  cursor?: string | undefined
  search?: string | undefined
  label?: string | undefined
  extends?: string | undefined
  kind?: 'app' | 'template' | undefined
  archived?: 'true' | 'false' | undefined
}

interface AppPage {
  items: App[]
  nextCursor: string | null
}

/** A page of the apps that the token is for: by appId, or in the order of a search. */
export const listApps = async ({ db, actor }: Reader, query: Query): Promise<AppPage> => {
  const { limit, search, label } = query
  const filter: AppFilter = {
    scope: actor.scope,
    label: label === undefined ? undefined : labelOf(label),
    extends: query.extends,
    kind: query.kind,
    archived: query.archived === undefined ? undefined : query.archived === 'true',
  }
  if (search !== undefined) return searchApps(db, { ...filter, search }, limit, query.cursor)
  const after = decodeCursor(query.cursor, 'string')
  const rows = await listAppRows(db, filter, { after, limit: limit + 1 })
  return toPage(rows, limit, (row) => row.app_id, toApp)
}

/** `name:value`; the value may hold further colons. */
const labelOf = (label: string): { name: string; value: string } => {
  const colon = label.indexOf(':')
  return { name: label.slice(0, colon), value: label.slice(colon + 1) }
}

type Found = FoundApp & { by: 'appId' | 'name' }

/** First those whose appId begins with the text, then those whose name does: each part in the order of an index. */
const searchApps = async (
  db: Reader['db'],
  filter: AppFilter & { search: string },
  limit: number,
  cursor: string | undefined,
): Promise<AppPage> => {
  const place = placeOf(decodeCursor(cursor, 'string'))
  const found: Found[] = []
  for (const by of place?.by === 'name' ? (['name'] as const) : (['appId', 'name'] as const)) {
    const after = place?.by === by ? place : null
    const rows = await searchAppRows(db, filter, { by, after, limit: limit + 1 - found.length })
    found.push(...rows.map((row) => ({ ...row, by })))
    if (found.length > limit) break
  }
  return toPage(found, limit, (row) => `${row.by} ${row.app_id} ${row.key}`, toApp)
}

/** The place that a cursor names: which part of the search, the appId, and the key, which may hold spaces. */
const placeOf = (text: string | null) => {
  if (text === null) return null
  const [, by, appId, key] = /^(appId|name) (\S+) (.*)$/s.exec(text) ?? []
  if ((by !== 'appId' && by !== 'name') || appId === undefined || key === undefined) throw foreignCursor()
  return { by, appId, key } as const
}
