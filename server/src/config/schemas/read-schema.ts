import type { AppSchema } from '../../../../contract/schema.ts'
import { findAppOrThrow, type Reader } from '../apps/find-app.ts'
import type { AppRow } from '../store/apps.ts'
import { listAncestors } from '../store/chains.ts'
import { loadSchemaTexts } from '../store/schemas.ts'

/** The schema of an app and those above it. Throws 404 for an unknown app; one without a schema is answered null. */
export const readSchema = async (
  reader: Reader,
  appId: string,
): Promise<{ schema: AppSchema; revision: number }> => {
  const app = await findAppOrThrow(reader, appId)
  return { schema: await describeSchema(reader.db, app), revision: app.revision }
}

/** What holds for an app, as the management API shows it. */
export const describeSchema = async (db: Reader['db'], app: AppRow): Promise<AppSchema> => {
  const above = await listAncestors(db, app.app_id)
  const texts = await loadSchemaTexts(db, above)
  const inherited = above.flatMap((appId) => {
    const text = texts.get(appId)
    return text === undefined ? [] : [{ appId, schema: JSON.parse(text) as Record<string, unknown> }]
  })
  return { appId: app.app_id, schema: app.schema as AppSchema['schema'], inherited }
}
