import { type Kysely, type Selectable, sql } from 'kysely'
import type { ConfigVersion, ConfigVersionSummary } from '../../../../contract/config.ts'
import type { Attributes, Flag, Override } from '../../../../contract/targeting.ts'
import type { ConfigsTable, Tables } from '../../platform/database/tables.ts'

/** The immutable document of a version, as it is stored. */
export interface Document {
  configVersion: string
  /** Absent: as the template says; null: none. */
  minimumAppVersion?: string | null
  recommendedAppVersion?: string | null
  deprecationDate?: string | null
  data: Record<string, unknown>
  overrides?: Override[]
  /** By key; null takes away what the template has. */
  flags?: Record<string, Flag | null>
  /** The declared attributes that its rules ask for, as they were when it was saved: a version never changes. */
  attributes?: Attributes
}

export type VersionRow = Selectable<ConfigsTable>

const columns = [
  'app_id',
  'version',
  'document',
  'checksum',
  'note',
  'created_by',
  'created_at',
  'updated_at',
] as const

const largeFields = '{data,overrides,flags,attributes}'

/** What a document says of versions and dates, and no more. */
const saidOf = (
  document: Pick<Document, 'minimumAppVersion' | 'recommendedAppVersion' | 'deprecationDate'>,
) => ({
  ...(document.minimumAppVersion !== undefined && { minimumAppVersion: document.minimumAppVersion }),
  ...(document.recommendedAppVersion !== undefined && {
    recommendedAppVersion: document.recommendedAppVersion,
  }),
  ...(document.deprecationDate !== undefined && { deprecationDate: document.deprecationDate }),
})

export const toConfigVersion = (row: VersionRow): ConfigVersion => {
  const document = row.document as Document
  return {
    appId: row.app_id,
    configVersion: row.version,
    ...saidOf(document),
    data: document.data,
    ...(document.overrides && { overrides: document.overrides }),
    ...(document.flags && { flags: document.flags }),
    note: row.note,
    checksum: row.checksum,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
  }
}

/** The new row, or undefined where the app has this version already. */
export const insertVersion = (
  db: Kysely<Tables>,
  row: { appId: string; document: Document; checksum: string; note: string | null; createdBy: string },
): Promise<VersionRow | undefined> =>
  db
    .insertInto('configs')
    .values({
      app_id: row.appId,
      version: row.document.configVersion,
      document: JSON.stringify(row.document),
      checksum: row.checksum,
      note: row.note,
      created_by: row.createdBy,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning(columns)
    .executeTakeFirst()

export const findVersion = (
  db: Kysely<Tables>,
  appId: string,
  version: string,
): Promise<VersionRow | undefined> =>
  db
    .selectFrom('configs')
    .select(columns)
    .where('app_id', '=', appId)
    .where('version', '=', version)
    .executeTakeFirst()

/** Every version name of an app; its order is semantic, which SQL does not know. */
export const listVersionNames = async (db: Kysely<Tables>, appId: string): Promise<string[]> => {
  const rows = await db.selectFrom('configs').select('version').where('app_id', '=', appId).execute()
  return rows.map((row) => row.version)
}

/** The named versions without what may be large. */
export const listVersionSummaries = async (
  db: Kysely<Tables>,
  appId: string,
  versions: readonly string[],
): Promise<Map<string, ConfigVersionSummary>> => {
  if (versions.length === 0) return new Map()
  const rows = await db
    .selectFrom('configs')
    .select(['app_id', 'version', 'checksum', 'note', 'created_by', 'created_at'])
    .select(
      sql<
        Omit<Document, 'data' | 'overrides' | 'flags' | 'attributes'>
      >`document - ${largeFields}::text[]`.as('said'),
    )
    .where('app_id', '=', appId)
    .where('version', 'in', versions)
    .execute()
  return new Map(
    rows.map((row) => [
      row.version,
      {
        appId: row.app_id,
        configVersion: row.version,
        ...saidOf(row.said),
        note: row.note,
        checksum: row.checksum,
        createdBy: row.created_by,
        createdAt: row.created_at.toISOString(),
      },
    ]),
  )
}
