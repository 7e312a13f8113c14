import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from './eventually.ts'
import { startProgram } from './program.ts'
import { freshDatabase } from './stores/database.ts'
import { freshRedis } from './stores/redis.ts'

const preload = fileURLToPath(new URL('tell-loaded.ts', import.meta.url))
let stores: { DATABASE_URL: string; REDIS_URL: string }
let drop: () => Promise<unknown>

beforeAll(async () => {
  const [database, redis] = await Promise.all([freshDatabase(), freshRedis()])
  stores = { DATABASE_URL: database.url, REDIS_URL: redis.url }
  drop = () => Promise.all([database.drop(), redis.release()])
})
afterAll(() => drop())

/** How many files of which packages a server has loaded that was started and asked nothing. */
const loadedBy = async (env: Record<string, string>): Promise<Record<string, number>> => {
  const program = await startProgram({ env: { NODE_OPTIONS: `--import=${preload}`, ...env } })
  try {
    process.kill(program.pid, 'SIGUSR2')
    return await eventually(() => {
      const told = /^LOADED (.*)$/m.exec(program.logs())?.[1]
      expect(told).toBeDefined()
      return JSON.parse(told ?? '')
    })
  } finally {
    await program.stop()
  }
}

const forFilesOfOperators = ['ajv', 'ajv-formats', 'nodemailer', 're2js', 'swagger-ui-dist', 'yaml']
const forTls = '@hono/node-server'
const embedded = '@electric-sql/pglite'
const forTelemetry = (loaded: Record<string, number>) =>
  Object.keys(loaded).filter((name) => name.startsWith('@opentelemetry/'))

test('a gateway loads nothing of what the other services need', async () => {
  const loaded = await loadedBy({
    PARASOL_SERVICES: 'gateway',
    PARASOL_CONFIG_URL: 'http://127.0.0.1:9',
    PARASOL_ANALYTICS_URL: 'http://127.0.0.1:9',
    REDIS_URL: stores.REDIS_URL,
  })
  expect(loaded).toHaveProperty('hono')
  const others = ['pg', 'kysely', '@openfeature/flagd-core', embedded]
  for (const name of [...others, ...forFilesOfOperators, forTls]) expect(loaded).not.toHaveProperty([name])
  expect(forTelemetry(loaded)).toEqual([])
})

test('all services together load neither the embedded database nor what nobody has asked for', async () => {
  const loaded = await loadedBy(stores)
  expect(loaded).toHaveProperty('kysely')
  for (const name of [embedded, ...forFilesOfOperators, forTls]) expect(loaded).not.toHaveProperty([name])
  expect(forTelemetry(loaded)).toEqual([])
})
