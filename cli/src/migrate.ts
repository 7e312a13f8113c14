import { isStoreUnavailable } from '../../server/src/platform/database/errors.ts'
import { environment, readSettings, type Settings } from '../../server/src/settings.ts'
import { defineCommand, exitCodes, Failure } from './command.ts'

/** The database in words, without the user and the password. */
const placeOf = ({ databaseUrl, dataDir }: Settings): string => {
  if (!databaseUrl) return `the embedded database in ${dataDir}`
  const { host, pathname, searchParams } = new URL(databaseUrl)
  return `PostgreSQL at ${host || searchParams.get('host') || 'localhost'}${pathname}`
}

const migrateAll = async (settings: Settings): Promise<void> => {
  // The database's libraries are loaded here, so that no other command waits for them.
  const { migrate } = await import('../../server/src/platform/database/migrate.ts')
  const { openDatabase } = await import('../../server/src/platform/database/open-database.ts')
  const database = await openDatabase({
    ...(settings.databaseUrl && { url: settings.databaseUrl }),
    dataDir: settings.dataDir,
    poolSize: 1,
    statementTimeoutMs: settings.databaseTimeoutMs,
    connectTimeoutMs: settings.databaseTimeoutMs,
    // Whoever waits for the broken connection hears of it too.
    onError: () => {},
  })
  try {
    const { applied, version } = await migrate(database, (line) => console.log(line))
    const done = applied.length === 0 ? 'Nothing to do' : `Applied ${applied.join(', ')}`
    console.log(`${done}; the schema is at version ${version}.`)
  } finally {
    await database.close()
  }
}

export const command = defineCommand({
  summary: 'Bring the database schema up to date, and end.',
  details: 'Safe to run at any time and from several places at once: a second runner waits for the first.',
  examples: ['parasol migrate', 'DATABASE_URL=postgres://localhost/parasol parasol migrate'],
  run: async () => {
    const settings = readSettings(environment())
    console.log(`Migrating ${placeOf(settings)}`)
    try {
      await migrateAll(settings)
    } catch (error) {
      if (error instanceof Error && isStoreUnavailable(error)) {
        throw new Failure(
          `The database does not answer (${error.message}). Start it, or correct DATABASE_URL.`,
        )
      }
      throw error
    }
    return exitCodes.done
  },
})
