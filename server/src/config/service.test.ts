import { pino } from 'pino'
import { expect, it } from 'vitest'
import { freePort } from '../../../tests/stores/free-port.ts'
import { createAuthenticate } from '../platform/auth/authenticate.ts'
import { redisCache } from '../platform/cache/cache-redis.ts'
import { memoryChanges } from '../platform/changes/changes-memory.ts'
import { openDatabase } from '../platform/database/open-database.ts'
import { createReadiness } from '../platform/health/readiness.ts'
import { connectRedis } from '../platform/redis/connect-redis.ts'
import { noLastKnownGood } from './delivery/last-known-good.ts'
import { createConfigService } from './service.ts'

interface Line {
  msg: string
  store?: string
}

it('does not flood the log when cold reads meet stores that are away', async () => {
  const lines: Line[] = []
  const log = pino({}, { write: (text: string) => void lines.push(JSON.parse(text)) })
  const nobody = `127.0.0.1:${await freePort()}`
  const redis = connectRedis({ url: `redis://${nobody}`, timeoutMs: 250, onState: () => {} })
  const bounds = { poolSize: 4, statementTimeoutMs: 2_000, connectTimeoutMs: 2_000 }
  const database = await openDatabase({
    url: `postgres://${nobody}/none`,
    dataDir: '',
    ...bounds,
    onError: () => {},
  })
  const changes = memoryChanges({ onError: () => {} })
  const service = createConfigService({
    db: database.kysely,
    pingDatabase: () => database.ping(),
    cache: redisCache(redis, () => {}),
    changes,
    lastKnownGood: noLastKnownGood,
    authenticate: createAuthenticate('a token', async () => undefined),
    clientKeys: { find: () => undefined },
    readiness: createReadiness(),
    log,
    limits: { maxBytes: 1 << 20, maxDepth: 50 },
    rules: { maxAgeSeconds: 60, staleWhileRevalidateSeconds: 60, staleIfErrorSeconds: 60, pollSeconds: 60 },
    cacheBytes: 1 << 20,
    cacheTtlSeconds: 60,
    sweepMs: 60_000,
    streamsPerKey: 10,
    requireIfMatch: false,
    ofrepPerSecond: 0,
    coldLoads: 2,
    cdns: [],
  })
  const read = async (n: number) =>
    (await service.fetch(new Request(`http://parasol/v1/api/config/cold-${n}`))).status
  const statuses = await Promise.all(Array.from({ length: 50 }, (_, n) => read(n)))
  expect(new Set(statuses)).toEqual(new Set([503]))
  const told = lines.filter(({ msg }) => msg === 'store does not answer')
  expect(new Set(told.map(({ store }) => store))).toEqual(new Set(['cache', 'database']))
  // One a second of each; the machine of a test may be slow.
  expect(told.length).toBeLessThan(10)
  await service.close()
  await changes.close()
  await redis.close()
  await database.close()
})
