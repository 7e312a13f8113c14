import { randomBytes } from 'node:crypto'
import { type Program, startProgram } from '../program.ts'
import { freshDatabase } from '../stores/database.ts'
import { readyDataDir } from '../stores/embedded-cluster.ts'
import { freshRedis } from '../stores/redis.ts'

/** What a shape of Parasol is made of; without `database` and `redis` it is embedded. */
export interface Recipe {
  runtime: 'node' | 'bun'
  database?: true
  redis?: true
  /** Gateway, config and analytics each in a process of its own. */
  apart?: true
}

/** Parasol as it runs in one of the ways an operator may choose, with stores of its own. */
export interface Shape extends Recipe {
  /** Where clients and operators ask. */
  url: string
  token: string
  /** The process that listens there. */
  front: Program
  processes: readonly Program[]
  /** The real PostgreSQL it uses, where it does. */
  databaseUrl: string | undefined
  /** Empties the Redis it uses, where it does. */
  flushRedis: (() => Promise<void>) | undefined
  stop(): Promise<void>
}

/** So many streams an app may have open in these tests: more than connections that a gateway keeps for other requests. */
export const streamsPerKey = 300

/** Long enough for what is asked of a process that drains, though this one be kept from asking for seconds. */
const draining = { PARASOL_DRAIN_SECONDS: '6' }

const startApart = async (
  runtime: Recipe['runtime'],
  env: Record<string, string>,
  stores: Record<string, string>,
): Promise<Program[]> => {
  const config = await startProgram({ runtime, env: { ...env, ...stores, PARASOL_SERVICES: 'config' } })
  const analytics = await startProgram({
    runtime,
    env: { ...env, ...stores, PARASOL_SERVICES: 'analytics', PARASOL_CONFIG_URL: config.url },
  })
  const gateway = await startProgram({
    runtime,
    env: {
      ...env,
      ...draining,
      ...(stores.REDIS_URL && { REDIS_URL: stores.REDIS_URL }),
      PARASOL_SERVICES: 'gateway',
      PARASOL_CONFIG_URL: config.url,
      PARASOL_ANALYTICS_URL: analytics.url,
    },
  })
  return [gateway, config, analytics]
}

/** Starts the program in this shape on empty stores. `stop` ends it and removes them. */
export const startShape = async (recipe: Recipe): Promise<Shape> => {
  const database = recipe.database && (await freshDatabase())
  const redis = recipe.redis && (await freshRedis())
  const token = randomBytes(24).toString('base64url')
  const env = {
    PARASOL_ADMIN_TOKEN: token,
    // As much as no healthy store needs, on a busy machine too: who waits for none is tested with faults.
    PARASOL_DATABASE_TIMEOUT_MS: '20000',
    PARASOL_REDIS_TIMEOUT_MS: '10000',
    // All of a suite's wrong tokens come from one address.
    PARASOL_WRONG_TOKENS_PER_MINUTE: '1000',
    // Few enough for a slow machine to ask for more.
    PARASOL_OFREP_PER_SECOND: '30',
    // Messages about alerts go to a receiver of the test.
    PARASOL_ALERT_NETWORKS: 'loopback',
    PARASOL_STREAMS_PER_KEY: String(streamsPerKey),
  }
  const stores = { ...(database && { DATABASE_URL: database.url }), ...(redis && { REDIS_URL: redis.url }) }
  const processes = recipe.apart
    ? await startApart(recipe.runtime, env, stores)
    : [
        await startProgram({
          runtime: recipe.runtime,
          env: { ...env, ...draining, ...stores },
          ...(!database && { dataDir: await readyDataDir() }),
        }),
      ]
  const front = processes[0]
  if (!front) throw new Error('nothing was started')
  return {
    ...recipe,
    url: front.url,
    token,
    front,
    processes,
    databaseUrl: database?.url,
    flushRedis: redis?.flush,
    async stop() {
      await Promise.all(processes.map((program) => program.kill()))
      await database?.drop()
      await redis?.release()
    },
  }
}
