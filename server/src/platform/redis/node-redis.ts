import { createRequire, Module } from 'node:module'
import type { createClient as CreateClient, createCluster as CreateCluster } from '@redis/client'
import type { RedisCommands } from './redis.ts'

/** Commands by method and file: those that we send, then those that the client sends by itself while it connects. */
const sent = {
  get: 'GET',
  set: 'SET',
  del: 'DEL',
  expire: 'EXPIRE',
  eval: 'EVAL',
  evalSha: 'EVALSHA',
  publish: 'PUBLISH',
  ping: 'PING',
  info: 'INFO',
  clusterSlots: 'CLUSTER_SLOTS',
  AUTH: 'AUTH',
  CLIENT_SETNAME: 'CLIENT_SETNAME',
  READONLY: 'READONLY',
} satisfies Record<keyof RedisCommands | 'ping' | 'info', string> & Record<string, string>

const require = createRequire(import.meta.url)
const library = '@redis/client/dist/lib'

/** A module as good as loaded: whoever requires `path` from now on gets `exports`. */
const putInPlace = (path: string, exports: object): void => {
  require.cache[path] = Object.assign(new Module(path), { filename: path, loaded: true, exports })
}

const commands = () =>
  Object.fromEntries(
    Object.entries(sent).map(([name, file]) => [name, require(`${library}/commands/${file}`).default]),
  )

/**
 * The library knows every command of Redis, a file each and two methods for each connection: 400 files, 3 MiB and a tenth
 * of a start. This is a copy of its own with those of `sent` alone; whoever imports `@redis/client` still gets them all.
 * https://github.com/redis/node-redis/issues/2629
 */
const load = (): { createClient: typeof CreateClient; createCluster: typeof CreateCluster } => {
  const table = require.resolve(`${library}/commands`)
  const loadedBefore = new Map(Object.entries(require.cache))
  for (const path of loadedBefore.keys()) {
    if (path.includes('/@redis/client/')) delete require.cache[path]
  }
  try {
    const known = commands()
    putInPlace(table, { __esModule: true, default: known, NON_STICKY_COMMANDS: known })
    return {
      createClient: require(`${library}/client`).default.create,
      createCluster: require(`${library}/cluster`).default.create,
    }
  } finally {
    for (const path of Object.keys(require.cache)) {
      if (!loadedBefore.has(path)) delete require.cache[path]
    }
    for (const [path, module] of loadedBefore) require.cache[path] = module
  }
}

export const { createClient, createCluster } = load()
