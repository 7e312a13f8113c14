import { inject } from 'vitest'
import { migrate } from '../../server/src/platform/database/migrate.ts'
import { openDatabase } from '../../server/src/platform/database/open-database.ts'
import { askPostgres } from './ask.ts'
import { copyDatabase, type FreshDatabase, freshDatabase } from './database.ts'
import { generous } from './embedded-cluster.ts'

const exists = async (name: string): Promise<boolean> => {
  const rows = await askPostgres(
    inject('postgresUrl'),
    `select from pg_database where datname = '${name}'`,
    60_000,
  )
  return rows.length === 1
}

/** Two files that ask for the first one at once both make it: whichever is done first counts. */
const makeTemplate = async (name: string): Promise<void> => {
  const server = inject('postgresUrl')
  const draft = await freshDatabase()
  const database = await openDatabase({ ...generous, dataDir: '', url: draft.url })
  await migrate(database, () => {})
  await database.close()
  const draftName = new URL(draft.url).pathname.slice(1)
  await askPostgres(server, `alter database ${draftName} rename to ${name}`, 60_000).catch(async (error) => {
    if (!(await exists(name))) throw error
    await draft.drop()
  })
}

let ready: Promise<void> | undefined

/** `freshDatabase` with the schema, which is made once in a run and copied. */
export const readyDatabase = async (): Promise<FreshDatabase> => {
  const template = inject('postgresTemplate')
  ready ??= exists(template).then((there) => (there ? undefined : makeTemplate(template)))
  await ready
  return copyDatabase(template)
}
