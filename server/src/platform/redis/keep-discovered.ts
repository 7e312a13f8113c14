import { createCluster } from '@redis/client'
import { backoff } from '../within.ts'
import { clientOptions } from './client-options.ts'
import type { RedisTarget } from './parse-redis-url.ts'

const createFor = (target: RedisTarget, timeoutMs: number) => {
  const options = clientOptions(target, timeoutMs)
  return createCluster({
    rootNodes: target.servers.map((server) => ({ socket: { ...server } })),
    defaults: { ...options, socket: { ...options.socket, reconnectStrategy: backoff } },
    // Otherwise the discovery would wait for every node that it was told of, also for a dead one.
    minimizeConnections: true,
    topologyRefreshOnReconnectionAttemptStrategy: 500,
  })
}

/**
 * Connects to a Cluster in the background until it is found, then to each of its masters. `lookAgain` asks the nodes where
 * the slots are now, at most twice a second; `lost` hears once that no seed answered.
 */
export const keepDiscovered = (target: RedisTarget, timeoutMs: number, lost: (error: unknown) => void) => {
  const cluster = createFor(target, timeoutMs)
  let timer: NodeJS.Timeout | undefined
  let looking = false
  let closed = false
  // Each node's own connection reports; unheard 'error' events would end the process.
  cluster.on('error', () => {})

  const connectMasters = () => {
    if (closed) return
    for (const master of cluster.masters) if (!master.client) cluster.nodeClient(master).catch(() => {})
  }
  const connect = (failures: number) => {
    cluster.connect().then(connectMasters, (error) => {
      if (failures === 0) lost(error)
      if (!closed) timer = setTimeout(connect, backoff(failures), failures + 1)
    })
  }
  connect(0)

  const lookAgain = async () => {
    if (looking || closed || !cluster.isReady) return
    looking = true
    await cluster._slots.rediscover().then(connectMasters, () => {})
    if (closed) return
    timer = setTimeout(() => {
      looking = false
    }, 500)
  }
  const close = () => {
    closed = true
    clearTimeout(timer)
    if (cluster.isOpen) cluster.destroy()
  }
  return { cluster, lookAgain, close }
}
