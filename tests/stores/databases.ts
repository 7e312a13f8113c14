import { type Database, openDatabase } from '../../server/src/platform/database/open-database.ts'
import { freshDatabase } from './database.ts'
import { freshDataDir, generous, readyDataDir } from './embedded-cluster.ts'
import { removeFolder } from './own-server.ts'
import { readyDatabase } from './ready-database.ts'

/** A database without data that a test owns, opened; `open` gives a further handle where the kind allows it. */
export interface OwnDatabase {
  database: Database
  open(): Promise<Database>
  drop(): Promise<void>
}

const embedded = (dataDirOf: () => Promise<string>) => async (): Promise<OwnDatabase> => {
  const dataDir = await dataDirOf()
  const open = () => openDatabase({ ...generous, dataDir })
  const database = await open()
  return {
    database,
    open,
    drop: async () => {
      await database.close()
      removeFolder(dataDir)
    },
  }
}

const postgres = (databaseOf: typeof freshDatabase) => async (): Promise<OwnDatabase> => {
  const { url, drop } = await databaseOf()
  const open = () => openDatabase({ ...generous, dataDir: '', url })
  const database = await open()
  return {
    database,
    open,
    drop: async () => {
      await database.close()
      await drop()
    },
  }
}

/** Both kinds of database, with the schema, for `describe.each`: what holds on one must hold on the other. */
export const bothDatabases = [
  { kind: 'embedded', make: embedded(readyDataDir) },
  { kind: 'postgres', make: postgres(readyDatabase) },
] as const

/** Without the schema, for what is about migrations. */
export const bareDatabases = [
  { kind: 'embedded', make: embedded(freshDataDir) },
  { kind: 'postgres', make: postgres(freshDatabase) },
] as const
