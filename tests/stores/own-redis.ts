import { join } from 'node:path'
import { askRedis } from './ask.ts'
import { findBinary } from './binaries.ts'
import { freshFolder, type OwnServer, startServer } from './own-server.ts'

export interface RedisOptions {
  /** Cluster mode; all slots are served when it resolves. */
  cluster?: boolean
  /** The data folder, kept by `remove()`; else a fresh one, removed with the server. */
  dir?: string
  /** Further arguments of redis-server, stronger than ours. */
  args?: string[]
}

const clusterArgs = ['--cluster-enabled', 'yes', '--cluster-require-full-coverage', 'yes']

const serveAllSlots = async (url: string): Promise<void> => {
  await askRedis(url, [['CLUSTER', 'ADDSLOTSRANGE', '0', '16383']])
  for (;;) {
    const [info] = await askRedis(url, [['CLUSTER', 'INFO']])
    if (String(info).includes('cluster_state:ok')) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/**
 * Starts a Redis of one's own on 127.0.0.1. Every write survives `stop()` and `kill()`. For one that comes back empty give
 * `args: ['--appendonly', 'no']`; for one that comes back with old data do so too and call SAVE at the moment to return to.
 */
export const startRedis = async (options: RedisOptions = {}): Promise<OwnServer> => {
  const { folder } = findBinary('redis')
  const home = freshFolder('redis')
  const server = await startServer({
    name: 'Redis',
    home,
    command: join(folder, 'redis-server'),
    args: (port) => [
      ...['--port', String(port), '--bind', '127.0.0.1', '--dir', options.dir ?? home],
      ...['--save', '', '--appendonly', 'yes', '--appendfsync', 'no'],
      ...(options.cluster === true ? clusterArgs : []),
      ...(options.args ?? []),
    ],
    url: (port) => `redis://127.0.0.1:${port}`,
    account: {},
    stopSignal: 'SIGTERM',
    ping: (url) => askRedis(url, [['PING']]),
    beforeStart: () => {},
  })
  if (options.cluster === true) await serveAllSlots(server.url)
  return server
}
