import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { type Database, openDatabase } from '../../server/src/platform/database/open-database.ts'
import { freshDatabase } from './database.ts'
import { freshFolder, removeFolder } from './own-server.ts'

/** An empty database that a test owns, opened; `open` gives a further handle where the kind allows it. */
export interface OwnDatabase {
  database: Database
  open(): Promise<Database>
  drop(): Promise<void>
}

/** Bounds that no healthy statement of a test reaches, on a busy machine too. */
export const generous = {
  poolSize: 4,
  statementTimeoutMs: 20_000,
  connectTimeoutMs: 10_000,
  onError: (error: unknown) => console.error('database:', error),
}

let template: Promise<string> | undefined

/** Making a cluster takes seconds and copying it a moment, so it is made once in a test process. */
const makeTemplate = async (): Promise<string> => {
  const folder = freshFolder('embedded')
  const database = await openDatabase({ ...generous, dataDir: folder })
  await database.close()
  return folder
}

/** A data folder with an embedded cluster that is new but need not be made. */
export const freshDataDir = async (): Promise<string> => {
  template ??= makeTemplate()
  const folder = freshFolder('data')
  cpSync(join(await template, 'postgres'), join(folder, 'postgres'), { recursive: true })
  return folder
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
