import type { Database, OpenOptions } from './database.ts'
import { openEmbedded } from './open-embedded.ts'
import { openPostgres } from './open-postgres.ts'

export type { Database, MaintenanceSession, OpenOptions } from './database.ts'

/**
 * Opens the database: the one of `url`, or without it the embedded one in `dataDir`. A real server need not be up: it is
 * connected to when it is asked. Throws `DataInUse` when another process has the embedded data.
 */
export const openDatabase = async (options: OpenOptions): Promise<Database> =>
  options.url === undefined ? openEmbedded(options) : openPostgres({ ...options, url: options.url })
