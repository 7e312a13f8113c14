import { connectCluster } from './connect-cluster.ts'
import { connectServer } from './connect-server.ts'
import { parseRedisUrl } from './parse-redis-url.ts'
import type { Redis, RedisEvent } from './redis.ts'

export type { Redis, RedisEvent } from './redis.ts'
export { RedisUnavailable } from './redis.ts'

/**
 * Opens Redis at `redis[s]://[user:pass@]host:port[/db]`, or a Redis Cluster at several of those separated by commas.
 * Returns at once and connects in the background: a start does not wait for Redis, nor does it fail without it. Throws
 * only when the URL cannot be read. `timeoutMs` bounds each command; `onState` hears of connections lost and regained.
 */
export const connectRedis = (options: {
  url: string
  timeoutMs: number
  onState: (event: RedisEvent) => void
}): Redis => {
  const target = parseRedisUrl(options.url)
  const connect = target.cluster ? connectCluster : connectServer
  return connect(target, options.timeoutMs, options.onState)
}
