import { OutOfTime, within } from '../within.ts'
import { type RedisClient, type RedisEvent, RedisUnavailable } from './redis.ts'

export type Guard = <T>(command: () => Promise<T>) => Promise<T>

/**
 * Bounds each command to one server by time. After the first that runs out of it the server is suspect: further commands
 * fail at once, unsent, until a ping sent behind the late ones is answered (or the socket is given up and replaced).
 */
export const guardCommands = (
  client: Pick<RedisClient, 'isReady' | 'ping'>,
  timeoutMs: number,
  tell: (state: RedisEvent['state']) => void,
): Guard => {
  let stalled = false

  const suspect = () => {
    if (stalled) return
    stalled = true
    tell('stalled')
    client.ping().then(
      () => {
        stalled = false
        tell('answering')
      },
      () => {
        // The connection is gone: `isReady` speaks now, and a Cluster's node client may come back.
        stalled = false
      },
    )
  }

  return async (command) => {
    if (!client.isReady) throw new RedisUnavailable('Redis is not connected')
    if (stalled) throw new RedisUnavailable('Redis owes answers')
    try {
      return await within(timeoutMs, 'A Redis command', command())
    } catch (error) {
      if (error instanceof OutOfTime) suspect()
      throw new RedisUnavailable(error instanceof Error ? error.message : 'Redis failed', { cause: error })
    }
  }
}
