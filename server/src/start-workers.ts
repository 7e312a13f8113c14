import { getCompileCacheDir } from 'node:module'
import { giveBackMemory } from './platform/give-back-memory.ts'
import { openLog } from './platform/log/open-log.ts'
import { watchWorkers } from './platform/workers/watch-workers.ts'
import type { Environment, Settings } from './settings.ts'

/** Starts the workers and watches them until SIGTERM or SIGINT, which they get too; then ends with the worst of their codes. */
export const startWorkers = async (settings: Settings, env: Environment): Promise<void> => {
  const { log, flush } = openLog(settings.logLevel)
  // They begin with TypeScript: with what is kept, none of them has to strip types. Bun has no such function.
  const kept = getCompileCacheDir?.()
  const own = { ...env, ...(kept !== undefined && { NODE_COMPILE_CACHE: kept }) }
  const workers = watchWorkers({
    entry: new URL('./worker.ts', import.meta.url),
    count: settings.workers,
    first: own,
    // Port 0 was any one; and what belongs to a first start is done.
    further: (url) => ({
      ...own,
      PARASOL_PORT: new URL(url).port || env.PARASOL_PORT,
      PARASOL_EXAMPLES: 'off',
    }),
    log,
  })
  process.on('SIGTERM', workers.stop)
  process.on('SIGINT', workers.stop)
  giveBackMemory()
  const code = await workers.ended
  flush()
  process.exit(code)
}
