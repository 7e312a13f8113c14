import { askRedis } from './ask.ts'
import { startRedis } from './own-redis.ts'
import type { OwnServer } from './own-server.ts'

export interface OwnCluster {
  /** the masters' URLs, separated by commas */
  url: string
  masters: OwnServer[]
  /** the replica of the first master, where one was asked for */
  replica?: OwnServer
  remove(): Promise<void>
}

const args = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '1000', '--appendonly', 'no']
const ranges = [
  ['0', '5460'],
  ['5461', '10922'],
  ['10923', '16383'],
]

const until = async (holds: () => Promise<boolean>): Promise<void> => {
  const deadline = Date.now() + 30_000
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error('the Redis Cluster does not come together')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

const agree = async (nodes: OwnServer[]): Promise<boolean> => {
  for (const node of nodes) {
    const [info] = await askRedis(node.url, [['CLUSTER', 'INFO']])
    const text = String(info)
    if (!text.includes('cluster_state:ok') || !text.includes(`cluster_known_nodes:${nodes.length}\r`))
      return false
  }
  return true
}

const follow = async (replica: OwnServer, master: OwnServer): Promise<void> => {
  const [id] = await askRedis(master.url, [['CLUSTER', 'MYID']])
  await askRedis(replica.url, [['CLUSTER', 'REPLICATE', String(id)]])
  await until(async () => {
    const [info] = await askRedis(replica.url, [['INFO', 'replication']])
    return String(info).includes('master_link_status:up')
  })
}

/** Starts a Redis Cluster of three masters of one's own, if wanted with a replica of the first, which takes over from it. */
export const startRedisCluster = async (options: { replica?: boolean } = {}): Promise<OwnCluster> => {
  const nodes = await Promise.all(
    Array.from({ length: options.replica === true ? 4 : 3 }, () => startRedis({ args })),
  )
  const remove = async () => {
    await Promise.all(nodes.map((node) => node.remove()))
  }
  try {
    const [first, ...others] = nodes
    if (first === undefined) throw new Error('no node')
    const masters = nodes.slice(0, 3)
    for (const [index, range] of ranges.entries()) {
      await askRedis(masters[index]?.url ?? '', [['CLUSTER', 'ADDSLOTSRANGE', ...range]])
    }
    for (const node of others)
      await askRedis(first.url, [['CLUSTER', 'MEET', '127.0.0.1', String(node.port)]])
    await until(() => agree(nodes))
    const replica = nodes[3]
    if (replica !== undefined) await follow(replica, first)
    return { url: masters.map((node) => node.url).join(','), masters, ...(replica && { replica }), remove }
  } catch (error) {
    await remove()
    throw error
  }
}
