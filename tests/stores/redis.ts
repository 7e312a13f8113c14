import { randomUUID } from 'node:crypto'
import { inject } from 'vitest'
import { askRedis } from './ask.ts'

const databases = Array.from({ length: 15 }, (_, index) => index + 1)

const release = `if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0`

const lock = async (server: string, token: string): Promise<number> => {
  const deadline = Date.now() + 100_000
  for (;;) {
    for (const database of databases) {
      const key = `parasol-test:db:${database}`
      const [answer] = await askRedis(server, [['SET', key, token, 'NX', 'EX', '900']], 10_000)
      if (answer === 'OK') return database
    }
    if (Date.now() > deadline) throw new Error('all 15 logical databases of the test Redis are in use')
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

/** Takes a logical database (1 to 15) of the suite's Redis for a test, empty; waits while all are taken. */
export const freshRedis = async (): Promise<{
  url: string
  flush(): Promise<void>
  release(): Promise<void>
}> => {
  const server = inject('redisUrl')
  const token = randomUUID()
  const database = await lock(server, token)
  const url = new URL(server)
  url.pathname = `/${database}`
  const flush = async (): Promise<void> => {
    await askRedis(url.href, [['FLUSHDB']], 10_000)
  }
  await flush()
  return {
    url: url.href,
    flush,
    release: async () => {
      await flush()
      await askRedis(server, [['EVAL', release, '1', `parasol-test:db:${database}`, token]], 10_000)
    },
  }
}
