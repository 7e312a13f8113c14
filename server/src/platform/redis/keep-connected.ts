import { createClient } from '@redis/client'
import { backoff } from '../within.ts'
import { clientOptions } from './client-options.ts'
import type { RedisAddress, RedisTarget } from './parse-redis-url.ts'
import type { RedisClient, RedisEvent } from './redis.ts'

export interface Connection {
  /** the client, only while it is connected and accepted */
  current(): RedisClient | undefined
  /** gives the connection up and opens another: for a server that turned into a replica */
  renew(reason: unknown): void
  close(): void
}

interface Options {
  target: RedisTarget
  timeoutMs: number
  /** where to connect; asked before each attempt, so that a subscription can move to another node */
  address: () => RedisAddress
  /** what makes a fresh connection usable; when it rejects, the connection is given up */
  accept: (client: RedisClient) => Promise<unknown>
  accepted?: () => void
  /** once for each loss, and for a first attempt that fails */
  lost?: () => void
  onState: (event: RedisEvent) => void
}

const createFor = (target: RedisTarget, timeoutMs: number, address: RedisAddress): RedisClient => {
  const options = clientOptions(target, timeoutMs)
  return createClient({
    ...options,
    database: target.database,
    socket: { ...options.socket, ...address, reconnectStrategy: false },
  })
}

/**
 * Keeps one connection to Redis open in the background until `close`, with backoff up to a second. The reconnecting is
 * ours and not the client's because only a new client forgets everything that waited on the old socket.
 */
export const keepConnected = (options: Options): Connection => {
  const { target, timeoutMs, address, accept, accepted, onState } = options
  let latest: RedisClient | undefined
  let ready = false
  let failures = 0
  let server = ''
  let timer: NodeJS.Timeout | undefined
  let closed = false

  const fail = (client: RedisClient, error: unknown) => {
    if (client !== latest) return
    latest = undefined
    // One line for each loss (and for a start without Redis), not one for each attempt.
    if (ready || failures === 0) {
      onState({ state: 'lost', server, error })
      options.lost?.()
    }
    ready = false
    client.destroy()
    if (!closed) timer = setTimeout(open, backoff(failures++))
  }

  const open = () => {
    const next = address()
    server = `${next.host}:${next.port}`
    const client = createFor(target, timeoutMs, next)
    latest = client
    client.on('error', (error) => fail(client, error))
    client
      .connect()
      .then(() => accept(client))
      .then(() => {
        if (client !== latest) return
        ready = true
        failures = 0
        onState({ state: 'connected', server })
        accepted?.()
      })
      .catch((error) => fail(client, error))
  }
  open()

  return {
    current: () => (ready ? latest : undefined),
    renew: (reason) => latest && fail(latest, reason),
    close: () => {
      closed = true
      clearTimeout(timer)
      ready = false
      latest?.destroy()
      latest = undefined
    },
  }
}
