import { type Kysely, sql } from 'kysely'
import type { Tables } from '../../platform/database/tables.ts'
import { textArray } from '../../platform/database/text-array.ts'
import { type DocumentName, nameOf } from './documents.ts'
import type { Document, VersionRow } from './versions.ts'

export interface NotedVersion extends DocumentName {
  checksum: string
  note: string | null
}
export interface FoundVersion extends NotedVersion {
  document: Document
}

const asked = (versions: readonly DocumentName[]) =>
  sql`jsonb_to_recordset(${JSON.stringify(versions)}::jsonb) as asked("appId" text, version text)`

/** The checksums and notes of those of these versions that there are, by `nameOf`. */
export const findChecksums = async (
  db: Kysely<Tables>,
  versions: readonly DocumentName[],
): Promise<Map<string, NotedVersion>> => {
  const { rows } = await sql<NotedVersion>`
    select asked."appId", asked.version, c.checksum, c.note from ${asked(versions)} cross join lateral (
      select checksum, note from configs where app_id = asked."appId" and version = asked.version limit 1
    ) c`.execute(db)
  return new Map(rows.map((row) => [nameOf(row), row]))
}

/** These versions with their documents and notes, by `nameOf`. */
export const findVersions = async (
  db: Kysely<Tables>,
  versions: readonly DocumentName[],
): Promise<Map<string, FoundVersion>> => {
  const { rows } = await sql<FoundVersion>`
    select asked."appId", asked.version, c.document, c.checksum, c.note from ${asked(versions)} cross join lateral (
      select document, checksum, note from configs
      where app_id = asked."appId" and version = asked.version limit 1
    ) c`.execute(db)
  return new Map(rows.map((row) => [nameOf(row), row]))
}

/** Every version name of these apps; their order is semantic, which SQL does not know. */
export const listVersionsOf = async (
  db: Kysely<Tables>,
  appIds: readonly string[],
): Promise<DocumentName[]> => {
  const { rows } = await sql<DocumentName>`
    select asked.app_id as "appId", c.version from unnest(${textArray(appIds)}) asked(app_id)
    cross join lateral (select version from configs where app_id = asked.app_id offset 0) c`.execute(db)
  return rows
}

export interface NewVersion {
  appId: string
  document: Document
  checksum: string
  note: string | null
}

/** Saves versions of many apps with one statement; answers those that their apps did not have yet. */
export const insertVersions = async (
  db: Kysely<Tables>,
  versions: readonly NewVersion[],
  createdBy: string,
): Promise<VersionRow[]> => {
  if (versions.length === 0) return []
  const { rows } = await sql<VersionRow>`
    insert into configs (app_id, version, document, checksum, note, created_by)
    select v."appId", v.document->>'configVersion', v.document, v.checksum, v.note, ${createdBy}
    from jsonb_to_recordset(${JSON.stringify(versions)}::jsonb)
      as v("appId" text, document jsonb, checksum text, note text)
    on conflict do nothing returning *`.execute(db)
  return rows
}
