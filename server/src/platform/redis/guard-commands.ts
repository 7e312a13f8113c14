import { OutOfTime, within } from '../within.ts'
import { patience } from './client-options.ts'
import { type RedisClient, type RedisEvent, RedisUnavailable } from './redis.ts'

export type Guard = <T>(command: () => Promise<T>) => Promise<T>

/**
 * Bounds each command to one server by time. After the first that runs out of it the server is suspect: further commands
 * fail at once, unsent, until a ping sent behind the late ones is answered. `stuck` is called while that takes long:
 * not every runtime ends a silent socket whose buffer is full.
 */
export const guardCommands = (options: {
  client: Pick<RedisClient, 'isReady' | 'ping'>
  timeoutMs: number
  tell: (state: RedisEvent['state']) => void
  stuck: () => void
}): Guard => {
  const { client, timeoutMs, tell, stuck } = options
  let stalled = false

  const suspect = async () => {
    if (stalled) return
    stalled = true
    tell('stalled')
    const timer = setInterval(stuck, patience(timeoutMs))
    try {
      await client.ping()
      tell('answering')
    } catch {
      // The connection is gone: `isReady` speaks now, and a Cluster's node client may come back.
    }
    clearInterval(timer)
    stalled = false
  }

  return async (command) => {
    if (!client.isReady) throw new RedisUnavailable('Redis is not connected')
    if (stalled) throw new RedisUnavailable('Redis owes answers')
    try {
      return await within(timeoutMs, 'A Redis command', command())
    } catch (error) {
      if (error instanceof OutOfTime) void suspect()
      throw new RedisUnavailable(error instanceof Error ? error.message : 'Redis failed', { cause: error })
    }
  }
}
