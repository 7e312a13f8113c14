import type { Database, OpenOptions } from './database.ts'

export type { Database, MaintenanceSession, OpenOptions } from './database.ts'

/**
 * Opens the database: the one of `url`, or without it the embedded one in `dataDir`. A real server need not be up: it is
 * connected to when it is asked. Throws `DataInUse` when another process has the embedded data.
 */
export const openDatabase = async (options: OpenOptions): Promise<Database> => {
  // Only the engine in use is loaded: each takes a tenth of the time until the first answer.
  if (options.url === undefined) return (await import('./open-embedded.ts')).openEmbedded(options)
  return (await import('./open-postgres.ts')).openPostgres({ ...options, url: options.url })
}
