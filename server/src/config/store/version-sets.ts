import { type Kysely, sql } from 'kysely'
import type { Tables } from '../../platform/database/tables.ts'
import { textArray } from './in-scope.ts'
import type { Document, VersionRow } from './versions.ts'

export interface VersionName {
  appId: string
  version: string
}

/** Versions hold no spaces. */
export const versionKey = ({ appId, version }: VersionName): string => `${appId} ${version}`

export interface FoundVersion extends VersionName {
  document: Document
  checksum: string
  note: string | null
}

const wanted = (versions: readonly VersionName[]) => sql`
  wanted as materialized (
    select * from jsonb_to_recordset(${JSON.stringify(versions)}::jsonb) as w("appId" text, version text)
  )`

/** The checksums and notes of those of these versions that there are, by `versionKey`. */
export const findChecksums = async (
  db: Kysely<Tables>,
  versions: readonly VersionName[],
): Promise<Map<string, Omit<FoundVersion, 'document'>>> => {
  const { rows } = await sql<Omit<FoundVersion, 'document'>>`
    with ${wanted(versions)} select c.app_id as "appId", c.version, c.checksum, c.note
    from wanted join configs c on c.app_id = wanted."appId" and c.version = wanted.version`.execute(db)
  return new Map(rows.map((row) => [versionKey(row), row]))
}

/** The documents of these versions, by `versionKey`. */
export const findDocuments = async (
  db: Kysely<Tables>,
  versions: readonly VersionName[],
): Promise<Map<string, FoundVersion>> => {
  const { rows } = await sql<FoundVersion>`
    with ${wanted(versions)} select c.app_id as "appId", c.version, c.document, c.checksum, c.note
    from wanted join configs c on c.app_id = wanted."appId" and c.version = wanted.version`.execute(db)
  return new Map(rows.map((row) => [versionKey(row), row]))
}

/** Every version name of these apps; their order is semantic, which SQL does not know. */
export const listVersionsOf = async (
  db: Kysely<Tables>,
  appIds: readonly string[],
): Promise<VersionName[]> => {
  const { rows } = await sql<VersionName>`
    select c.app_id as "appId", c.version from unnest(${textArray(appIds)}) asked(app_id)
    join configs c on c.app_id = asked.app_id`.execute(db)
  return rows
}

export interface NewVersion {
  appId: string
  document: Document
  checksum: string
  note: string | null
}

/** Saves versions of many apps with one statement. Fails where an app has one of them already. */
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
    returning *`.execute(db)
  return rows
}
