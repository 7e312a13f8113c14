import { keepDiscovered } from './keep-discovered.ts'
import { keepSubscribed } from './keep-subscribed.ts'
import { keySlot } from './key-slot.ts'
import type { RedisTarget } from './parse-redis-url.ts'
import { type Redis, type RedisEvent, RedisUnavailable } from './redis.ts'
import { type WatchedNode, watchNodes } from './watch-nodes.ts'

type Masters = (WatchedNode | undefined)[]

/** A Cluster carries a message from any node to all others: one that is alive is enough. */
const publishAnywhere = async (masters: Masters, channel: string, message: string): Promise<void> => {
  let failure: unknown = new RedisUnavailable('No node of the Redis Cluster is connected')
  for (const node of masters) {
    if (!node?.client.isReady) continue
    try {
      await node.guard(() => node.client.publish(channel, message))
      return
    } catch (error) {
      failure = error
    }
  }
  throw failure
}

const pingAll = async (masters: Masters): Promise<void> => {
  if (masters.length === 0) throw new RedisUnavailable('The Redis Cluster is not connected')
  await Promise.all(
    masters.map(async (node) => {
      if (node === undefined) throw new RedisUnavailable('A node of the Redis Cluster is not connected')
      await node.guard(() => node.client.ping())
    }),
  )
}

const commonRunIds = (masters: Masters): string | undefined => {
  const runIds = masters.map((node) => node?.runId())
  return runIds.length === 0 || runIds.includes(undefined) ? undefined : runIds.sort().join(',')
}

/** A Redis Cluster: each command is bounded and guarded by the node that holds its key, each key has its node's epoch. */
export const connectCluster = (
  target: RedisTarget,
  timeoutMs: number,
  onState: (event: RedisEvent) => void,
): Redis => {
  const { cluster, lookAgain, close } = keepDiscovered(target, timeoutMs, (error) =>
    onState({ state: 'lost', server: 'the seeds of the Redis Cluster', error }),
  )
  const watch = watchNodes({ timeoutMs, onState, stuck: lookAgain })
  const masters = (): Masters =>
    cluster.masters.map(({ client, address }) => client && watch(client, address))
  cluster.on('node-ready', masters)

  const nodeOf = (key: string) => {
    const master = cluster.slots[keySlot(key)]?.master
    return master?.client && watch(master.client, master.address)
  }
  const lookingAgain = async <T>(work: Promise<T>): Promise<T> => {
    work.catch(lookAgain)
    return work
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
      if (node?.client.isReady) return node.guard(() => command(cluster))
      void lookAgain()
      throw new RedisUnavailable('The Redis Cluster node of this key is not connected')
    },
    epoch: (key) => (key === undefined ? commonRunIds(masters()) : nodeOf(key)?.runId()),
    publish: (channel, message) => lookingAgain(publishAnywhere(masters(), channel, message)),
    subscribe: (channel, listener) =>
      keepSubscribed({ target, timeoutMs, address, onState, channel, listener }),
    ping: () => lookingAgain(pingAll(masters())),
    close: async () => close(),
  }
}
