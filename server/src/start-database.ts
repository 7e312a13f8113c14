import { sayIfFirst } from './banner.ts'
import { type AdminToken, openAdminToken } from './platform/auth/admin-token.ts'
import { type Authenticate, createAuthenticate } from './platform/auth/authenticate.ts'
import type { Closers } from './platform/closers.ts'
import type { Database } from './platform/database/database.ts'
import { migrateWhenReachable } from './platform/database/migrate-when-reachable.ts'
import { observeConnections, observeStatements } from './platform/database/observe-database.ts'
import { openDatabase } from './platform/database/open-database.ts'
import type { Readiness } from './platform/health/readiness.ts'
import { type ClientKeys, createClientKeys } from './platform/keys/client-keys.ts'
import { createFindKeyHolder } from './platform/keys/find-key-holder.ts'
import { logRarely } from './platform/log/log-rarely.ts'
import type { Log } from './platform/log/open-log.ts'
import type { Telemetry } from './platform/telemetry/telemetry.ts'
import type { Settings } from './settings.ts'

/** What everything in this process shares. */
export interface Process {
  settings: Settings
  log: Log
  closers: Closers
  readiness: Readiness
  telemetry: Telemetry
}

/** The database as the services on it share it, and who is known there. */
export interface Ground {
  database: Database
  /** This start has made the schema. */
  isFirstStart: boolean
  adminToken: AdminToken
  authenticate: Authenticate
  clientKeys: ClientKeys
}

/** Opens the database and brings its schema to this program's version, now or when it can be reached. */
export const startDatabase = async ({ settings, log, closers, telemetry }: Process): Promise<Ground> => {
  const adminToken = await openAdminToken(settings.adminToken, settings.dataDir)
  sayIfFirst(settings)
  const database = await openDatabase({
    ...(settings.databaseUrl && { url: settings.databaseUrl }),
    dataDir: settings.dataDir,
    poolSize: settings.databasePool,
    statementTimeoutMs: settings.databaseTimeoutMs,
    connectTimeoutMs: settings.databaseTimeoutMs,
    onError: (err) => log.warn({ err }, 'database connection lost'),
    onStatement: observeStatements(telemetry),
  })
  observeConnections(telemetry.meters, database)
  closers.add('database', () => database.close())
  const migration = await migrateWhenReachable(database, log)
  closers.add('migration', () => migration.close())
  const findKeyHolder = createFindKeyHolder(database.kysely, (err) =>
    log.warn({ err }, 'the use of a key was not noted'),
  )
  const warn = logRarely<string>(1_000, (what, err, leftOut) => log.warn({ err, leftOut }, what))
  return {
    database,
    isFirstStart: migration.createdSchema,
    adminToken,
    authenticate: createAuthenticate(adminToken.token, findKeyHolder),
    clientKeys: createClientKeys(database.kysely, (err) => warn('keys were not looked up', err)),
  }
}
