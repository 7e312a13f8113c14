import { within } from '../within.ts'
import type { RedisClient } from './redis.ts'

/** The identity of the server process behind this connection: 40 hex digits, new at every start of Redis. */
export const readRunId = async (client: RedisClient, timeoutMs: number): Promise<string> => {
  const info = await within(timeoutMs, 'INFO server', client.info('server'))
  const runId = /^run_id:([0-9a-f]{40})\r?$/m.exec(info)?.[1]
  if (runId === undefined)
    throw new Error('INFO server gave no run_id: this server cannot be told from its successor')
  return runId
}
