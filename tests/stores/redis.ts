import { randomUUID } from 'node:crypto'
import { inject } from 'vitest'
import { askRedis } from './ask.ts'

/**
 * Takes the first free logical database and empties it, in one step. Answers its number, 0 while others have them all, -1
 * when none may be taken: what holds data that no test left there belongs to somebody, and is not ours to empty.
 */
const take = `
  local taken = 0
  for n = 1, 15 do
    local lock = 'parasol-test:db:' .. n
    local ours = 'parasol-test:used:' .. n
    if not redis.call('set', lock, ARGV[1], 'NX', 'EX', '900') then
      taken = taken + 1
    elseif not redis.pcall('select', n).err then
      local size = redis.call('dbsize')
      if size > 0 then redis.call('select', 0) end
      if size == 0 or redis.call('exists', ours) == 1 then
        redis.call('select', n)
        redis.call('flushdb')
        redis.call('select', 0)
        redis.call('set', ours, '1')
        return n
      end
      redis.call('del', lock)
    else
      redis.call('del', lock)
    end
  end
  return taken > 0 and 0 or -1`

const giveBack = `
  if redis.call('get', KEYS[1]) ~= ARGV[1] then return 0 end
  return redis.call('del', KEYS[1], KEYS[2])`

const takeDatabase = async (server: string, token: string): Promise<number> => {
  const deadline = Date.now() + 100_000
  for (;;) {
    const [answer] = await askRedis(server, [['EVAL', take, '0', token]], 10_000)
    const database = Number(answer)
    if (database > 0) return database
    if (database < 0) throw new Error(`all logical databases of ${server} hold data that no test left there`)
    if (Date.now() > deadline) throw new Error(`all logical databases of ${server} are taken by other tests`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

export interface LogicalDatabase {
  url: string
  /** Empties it. */
  flush(): Promise<void>
  /** Empties it and lets the next one have it. */
  release(): Promise<void>
}

/** `freshRedis` on a server of one's choice. */
export const freshRedisOn = async (server: string): Promise<LogicalDatabase> => {
  const token = randomUUID()
  const database = await takeDatabase(server, token)
  const url = new URL(server)
  url.pathname = `/${database}`
  const flush = async (): Promise<void> => {
    await askRedis(url.href, [['FLUSHDB']], 10_000)
  }
  return {
    url: url.href,
    flush,
    release: async () => {
      await flush()
      const keys = [`parasol-test:db:${database}`, `parasol-test:used:${database}`]
      await askRedis(server, [['EVAL', giveBack, '2', ...keys, token]], 10_000)
    },
  }
}

/**
 * Takes a logical database (1 to 15) of the suite's Redis for a test, empty; waits while all are taken. Mind that pub/sub
 * knows no logical databases: a channel's name must hold the number, or other tests will hear it.
 */
export const freshRedis = (): Promise<LogicalDatabase> => freshRedisOn(inject('redisUrl'))
