import { type Guard, guardCommands } from './guard-commands.ts'
import { keepConnected } from './keep-connected.ts'
import { keepSubscribed } from './keep-subscribed.ts'
import type { RedisTarget } from './parse-redis-url.ts'
import { readRunId } from './read-run-id.ts'
import { type Redis, type RedisClient, type RedisEvent, RedisUnavailable } from './redis.ts'

/** A single Redis server (or what a DNS name or a virtual address makes look like one). */
export const connectServer = (
  target: RedisTarget,
  timeoutMs: number,
  onState: (event: RedisEvent) => void,
): Redis => {
  const [server = { host: 'localhost', port: 6379 }] = target.servers
  const address = () => server
  let runId: string | undefined
  let guard: Guard

  const connection = keepConnected({
    target,
    timeoutMs,
    address,
    onState,
    accept: async (client) => {
      runId = await readRunId(client, Math.max(timeoutMs, 1000))
      guard = guardCommands({
        client,
        timeoutMs,
        tell: (state) => onState({ state, server: `${server.host}:${server.port}` }),
        stuck: () => connection.renew(new Error('Redis did not answer a ping')),
      })
    },
  })

  const run = async <T>(command: (client: RedisClient) => Promise<T>): Promise<T> => {
    const client = connection.current()
    if (client === undefined) throw new RedisUnavailable('Redis is not connected')
    try {
      return await guard(() => command(client))
    } catch (error) {
      // After a failover the name may lead elsewhere, while the old master keeps this connection as a replica.
      if (error instanceof Error && error.message.startsWith('READONLY')) connection.renew(error)
      throw error
    }
  }

  return {
    database: target.database,
    run: (_key, command) => run(command),
    epoch: () => (connection.current() === undefined ? undefined : runId),
    publish: async (channel, message) => {
      await run((client) => client.publish(channel, message))
    },
    subscribe: (channel, listener) =>
      keepSubscribed({ target, timeoutMs, address, onState, channel, listener }),
    ping: async () => {
      await run((client) => client.ping())
    },
    close: async () => connection.close(),
  }
}
