import { createCluster } from 'redis'
import { backoff } from '../within.ts'
import { clientOptions } from './client-options.ts'
import { keepSubscribed } from './keep-subscribed.ts'
import { keySlot } from './key-slot.ts'
import type { RedisTarget } from './parse-redis-url.ts'
import { type Redis, type RedisEvent, RedisUnavailable } from './redis.ts'
import { watchNodes } from './watch-nodes.ts'

type Cluster = ReturnType<typeof openCluster>

const openCluster = (target: RedisTarget, timeoutMs: number) => {
  const options = clientOptions(target, timeoutMs)
  return createCluster({
    rootNodes: target.servers.map((server) => ({ socket: { ...server } })),
    defaults: { ...options, socket: { ...options.socket, reconnectStrategy: backoff } },
    // Otherwise the discovery would wait for every node that it was told of, also for a dead one.
    minimizeConnections: true,
    topologyRefreshOnReconnectionAttemptStrategy: 500,
  })
}

/** Connects in the background, and looks where the slots are whenever a master that is needed is not there. */
const keepDiscovered = (cluster: Cluster, lost: (error: unknown) => void) => {
  let timer: NodeJS.Timeout | undefined
  let looking = false
  let closed = false

  const connectMasters = () => {
    for (const master of cluster.masters) if (!master.client) cluster.nodeClient(master).catch(() => {})
  }
  const connect = (failures: number) => {
    cluster.connect().then(connectMasters, (error) => {
      if (failures === 0) lost(error)
      if (!closed) timer = setTimeout(connect, backoff(failures), failures + 1)
    })
  }
  connect(0)

  return {
    lookAgain: () => {
      if (looking || closed || !cluster.isReady) return
      looking = true
      cluster._slots
        .rediscover()
        .then(connectMasters, () => {})
        .finally(() => {
          timer = setTimeout(() => {
            looking = false
          }, 500)
        })
    },
    close: () => {
      closed = true
      clearTimeout(timer)
      if (cluster.isOpen) cluster.destroy()
    },
  }
}

/** A Redis Cluster: each command is bounded and guarded by the node that holds its key, each key has its node's epoch. */
export const connectCluster = (
  target: RedisTarget,
  timeoutMs: number,
  onState: (event: RedisEvent) => void,
): Redis => {
  const cluster = openCluster(target, timeoutMs)
  const nodes = watchNodes(timeoutMs, onState)
  cluster.on('error', () => {})
  cluster.on('node-error', () => {})
  cluster.on('node-ready', () => {
    for (const master of cluster.masters) if (master.client) nodes.watch(master.client, master.address)
  })
  const discovery = keepDiscovered(cluster, (error) =>
    onState({ state: 'lost', server: 'the seeds of the Cluster', error }),
  )

  const watched = () =>
    cluster.masters.map((master) => master.client && nodes.watch(master.client, master.address))

  const nodeOf = (key: string) => {
    const master = cluster.slots[keySlot(key)]?.master
    return master?.client && nodes.watch(master.client, master.address)
  }

  let turn = 0
  const address = () => {
    const known = [...target.servers, ...cluster.masters.map(({ host, port }) => ({ host, port }))]
    return known[turn++ % known.length] ?? { host: 'localhost', port: 6379 }
  }

  return {
    database: 0,
    run: async (key, command) => {
      const node = nodeOf(key)
      if (node === undefined || !node.client.isReady) {
        discovery.lookAgain()
        throw new RedisUnavailable('The Redis Cluster node of this key is not connected')
      }
      return node.guard(() => command(cluster))
    },
    epoch: (key) => {
      if (key !== undefined) return nodeOf(key)?.runId()
      const runIds = watched().map((node) => node?.runId())
      return runIds.length === 0 || runIds.includes(undefined) ? undefined : runIds.sort().join(',')
    },
    publish: async (channel, message) => {
      // The Cluster carries a message from any node to all others: one that is alive is enough.
      let failure: unknown = new RedisUnavailable('No node of the Redis Cluster is connected')
      for (const node of watched()) {
        if (!node?.client.isReady) continue
        try {
          await node.guard(() => node.client.publish(channel, message))
          return
        } catch (error) {
          failure = error
        }
      }
      discovery.lookAgain()
      throw failure
    },
    subscribe: (channel, listener) =>
      keepSubscribed({ target, timeoutMs, address, onState, channel, listener }),
    ping: async () => {
      const masters = watched()
      if (masters.length === 0) throw new RedisUnavailable('The Redis Cluster is not connected')
      await Promise.all(
        masters.map(async (node) => {
          if (node?.client.isReady) return node.guard(() => node.client.ping())
          discovery.lookAgain()
          throw new RedisUnavailable('A node of the Redis Cluster is not connected')
        }),
      )
    },
    close: async () => discovery.close(),
  }
}
