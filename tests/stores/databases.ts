import { type Database, openDatabase } from '../../server/src/platform/database/open-database.ts'
import { freshDatabase } from './database.ts'
import { freshDataDir, generous } from './embedded-cluster.ts'
import { removeFolder } from './own-server.ts'

/** An empty database that a test owns, opened; `open` gives a further handle where the kind allows it. */
export interface OwnDatabase {
  database: Database
  open(): Promise<Database>
  drop(): Promise<void>
}

const embedded = async (): Promise<OwnDatabase> => {
  const dataDir = await freshDataDir()
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

const postgres = async (): Promise<OwnDatabase> => {
  const { url, drop } = await freshDatabase()
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

/** Both kinds of database, for `describe.each`: what holds on one must hold on the other. */
export const bothDatabases = [
  { kind: 'embedded', make: embedded },
  { kind: 'postgres', make: postgres },
] as const
