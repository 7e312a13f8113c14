import type { RedisTarget } from './parse-redis-url.ts'

/** How long (ms) a connection may say nothing at all before it is given up. */
export const patience = (timeoutMs: number): number => Math.max(timeoutMs * 2, 3000)

/** What every connection has in common: a single server's, a Cluster node's, a subscription's. */
export const clientOptions = (target: RedisTarget, timeoutMs: number) => ({
  ...(target.username !== undefined && { username: target.username }),
  ...(target.password !== undefined && { password: target.password }),
  name: 'parasol',
  // Fail fast: a command that waits for a reconnect would answer long after its reader has given up.
  disableOfflineQueue: true,
  commandsQueueMaxLength: 10_000,
  maintNotifications: 'disabled' as const,
  // The client's own timer ends once a command is written and costs a signal each; `within` bounds the whole instead.
  commandOptions: { timeout: 0 },
  // A silent server is found by a ping a second; then the socket goes, and with it all that waits on it.
  pingInterval: 1000,
  socket: {
    connectTimeout: Math.max(timeoutMs, 1000),
    socketTimeout: patience(timeoutMs),
    keepAlive: true,
    keepAliveInitialDelay: 10_000,
    ...(target.tls && { tls: true as const }),
  },
})
