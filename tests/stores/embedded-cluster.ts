import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { inject } from 'vitest'
import { migrate } from '../../server/src/platform/database/migrate.ts'
import { openDatabase } from '../../server/src/platform/database/open-database.ts'
import { freshFolder } from './own-server.ts'

/** Bounds that no healthy statement of a test reaches, on a busy machine too. */
export const generous = {
  poolSize: 4,
  statementTimeoutMs: 20_000,
  connectTimeoutMs: 10_000,
  onError: (error: unknown) => console.error('database:', error),
}

/** With or without the schema. */
type Kind = 'bare' | 'ready'

const makeCluster = async (home: string, kind: Kind): Promise<void> => {
  const draft = kind === 'ready' ? await copyOf('bare') : mkdtempSync(join(home, 'draft-'))
  const database = await openDatabase({ ...generous, dataDir: draft })
  if (kind === 'ready') await migrate(database, () => {})
  await database.close()
  renameSync(join(draft, 'postgres'), join(home, kind))
  rmSync(draft, { recursive: true, force: true })
}

/** Of all test processes that want it at once one makes it: that takes ten CPU seconds, and the others wait. */
const untilMade = async (home: string, kind: Kind): Promise<void> => {
  const place = join(home, kind)
  const turn = `${place}.turn`
  while (!existsSync(place)) {
    try {
      mkdirSync(turn)
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50))
      continue
    }
    try {
      if (!existsSync(place)) await makeCluster(home, kind)
    } finally {
      rmdirSync(turn)
    }
  }
}

const copyOf = async (kind: Kind): Promise<string> => {
  const home = inject('clusterHome')
  await untilMade(home, kind)
  const place = join(home, kind)
  const folder = freshFolder('data')
  cpSync(place, join(folder, 'postgres'), { recursive: true })
  return folder
}

/**
 * A data folder with an embedded cluster that is new, without a schema, but need not be made: making one takes seconds, so it
 * is made once in a run and copied.
 */
export const freshDataDir = (): Promise<string> => copyOf('bare')

/** `freshDataDir` with the schema, which takes seconds too: for whatever is not about the first start or migrations. */
export const readyDataDir = (): Promise<string> => copyOf('ready')
