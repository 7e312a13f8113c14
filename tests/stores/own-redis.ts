import { join } from 'node:path'
import { askRedis } from './ask.ts'
import { findBinary } from './binaries.ts'
import { freshFolder, type OwnServer, startServer } from './own-server.ts'

export interface RedisOptions {
  /** Three nodes in cluster mode, each with a third of the slots; all are served when it resolves. */
  cluster?: boolean
  /** The data folder, kept by `remove()`; else a fresh one, removed with the server. */
  dir?: string
  /** Further arguments of redis-server, stronger than ours. */
  args?: string[]
}

/** The cluster bus gets a port that no system gives to clients; see free-port.ts. */
const clusterArgs = (port: number): string[] => [
  ...['--cluster-enabled', 'yes', '--cluster-port', String(port - 10_000), '--cluster-node-timeout', '2000'],
]

const startNode = (options: RedisOptions): Promise<OwnServer> => {
  const { folder } = findBinary('redis')
  const home = freshFolder('redis')
  return startServer({
    name: 'Redis',
    home,
    command: join(folder, 'redis-server'),
    args: (port) => [
      ...['--port', String(port), '--bind', '127.0.0.1', '--dir', options.dir ?? home],
      ...['--save', '', '--appendonly', 'yes', '--appendfsync', 'no'],
      ...(options.cluster === true ? clusterArgs(port) : []),
      ...(options.args ?? []),
    ],
    url: (port) => `redis://127.0.0.1:${port}`,
    account: {},
    stopSignal: 'SIGTERM',
    ping: (url) => askRedis(url, [['PING']]),
    beforeStart: () => {},
  })
}

const untilServed = async (nodes: OwnServer[]): Promise<void> => {
  const deadline = Date.now() + 30_000
  for (const node of nodes) {
    for (;;) {
      const [info] = await askRedis(node.url, [['CLUSTER', 'INFO']])
      if (/cluster_state:ok[\s\S]*cluster_slots_ok:16384/.test(String(info))) break
      if (Date.now() > deadline) throw new Error(`the Redis cluster does not form:\n${info}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}

const joinNodes = async (nodes: OwnServer[]): Promise<void> => {
  const slots = [
    ['0', '5460'],
    ['5461', '10922'],
    ['10923', '16383'],
  ]
  for (const [index, node] of nodes.entries()) {
    await askRedis(node.url, [
      ['CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1)],
      ['CLUSTER', 'ADDSLOTSRANGE', ...(slots[index] ?? [])],
    ])
  }
  for (const node of nodes.slice(1)) {
    const first = nodes[0]?.url ?? ''
    await askRedis(first, [['CLUSTER', 'MEET', '127.0.0.1', String(node.port), String(node.port - 10_000)]])
  }
  await untilServed(nodes)
}

/** Three nodes that are treated as one server; its URL is that of the first. */
const startCluster = async (options: RedisOptions): Promise<OwnServer> => {
  if (options.dir !== undefined) throw new Error('a cluster keeps its data in three folders of its own')
  const nodes = await Promise.all([1, 2, 3].map(() => startNode(options)))
  const each = async (act: (node: OwnServer) => Promise<void>): Promise<void> => {
    await Promise.all(nodes.map(act))
  }
  const [first] = nodes
  if (first === undefined) throw new Error('a cluster has nodes')
  const cluster: OwnServer = {
    url: first.url,
    port: first.port,
    stop: () => each((node) => node.stop()),
    kill: () => each((node) => node.kill()),
    start: async () => {
      await each((node) => node.start())
      await untilServed(nodes)
    },
    pause: () => {
      for (const node of nodes) node.pause()
    },
    resume: () => {
      for (const node of nodes) node.resume()
    },
    remove: () => each((node) => node.remove()),
  }
  await joinNodes(nodes)
  return cluster
}

/**
 * Starts a Redis of one's own on 127.0.0.1. Every write survives `stop()` and `kill()`. For one that comes back empty give
 * `args: ['--appendonly', 'no']`; for one that comes back with old data do so too and call SAVE at the moment to return to.
 */
export const startRedis = (options: RedisOptions = {}): Promise<OwnServer> =>
  options.cluster === true ? startCluster(options) : startNode(options)
