import { cpSync, existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { inject } from 'vitest'
import { openDatabase } from '../../server/src/platform/database/open-database.ts'
import { freshFolder } from './own-server.ts'

/** Bounds that no healthy statement of a test reaches, on a busy machine too. */
export const generous = {
  poolSize: 4,
  statementTimeoutMs: 20_000,
  connectTimeoutMs: 10_000,
  onError: (error: unknown) => console.error('database:', error),
}

/** Two files that ask for the first one at once both make it: whichever is done first counts. */
const makeCluster = async (home: string, place: string): Promise<void> => {
  const draft = mkdtempSync(join(home, 'draft-'))
  const database = await openDatabase({ ...generous, dataDir: draft })
  await database.close()
  try {
    renameSync(join(draft, 'postgres'), place)
  } catch (error) {
    if (!existsSync(place)) throw error
  }
  rmSync(draft, { recursive: true, force: true })
}

let making: Promise<void> | undefined

/**
 * A data folder with an embedded cluster that is new, without a schema, but need not be made: making one takes seconds, so it
 * is made once in a run and copied.
 */
export const freshDataDir = async (): Promise<string> => {
  const home = inject('clusterHome')
  const place = join(home, 'postgres')
  if (!existsSync(place)) {
    making ??= makeCluster(home, place).finally(() => {
      making = undefined
    })
    await making
  }
  const folder = freshFolder('data')
  cpSync(place, join(folder, 'postgres'), { recursive: true })
  return folder
}
