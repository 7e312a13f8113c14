export interface RedisAddress {
  host: string
  port: number
}

export interface RedisTarget {
  servers: RedisAddress[]
  cluster: boolean
  database: number
  username?: string
  password?: string
  tls: boolean
}

const parseOne = (text: string): RedisTarget => {
  let url: URL
  try {
    url = new URL(text)
  } catch {
    // The text may hold a password: it stays out of the message.
    throw new Error('The Redis URL cannot be read; write redis[s]://[user:password@]host:port[/database]')
  }
  if (url.protocol !== 'redis:' && url.protocol !== 'rediss:') {
    throw new Error(`A Redis URL starts with redis:// or rediss://, not ${url.protocol}//`)
  }
  const database = Number(url.pathname.slice(1))
  if (!Number.isInteger(database)) {
    throw new Error('The path of a Redis URL is the number of a database, as in redis://localhost:6379/1')
  }
  return {
    servers: [
      { host: url.hostname.replace(/^\[(.*)\]$/, '$1') || 'localhost', port: Number(url.port || 6379) },
    ],
    cluster: false,
    database,
    tls: url.protocol === 'rediss:',
    ...(url.username && { username: decodeURIComponent(url.username) }),
    ...(url.password && { password: decodeURIComponent(url.password) }),
  }
}

/**
 * Reads `redis[s]://[user:pass@]host:port[/db]`; several of them separated by commas are the seeds of a Redis Cluster,
 * whose user, password and TLS are those of the first. Throws an Error that says what to write, without the password.
 */
export const parseRedisUrl = (text: string): RedisTarget => {
  const targets = text.split(',').map((part) => parseOne(part.trim()))
  const [first] = targets
  if (first === undefined || targets.length === 1) return first ?? parseOne('')
  if (targets.some((target) => target.database !== 0)) {
    throw new Error('A Redis Cluster has database 0 alone: leave the path out of its URLs')
  }
  return { ...first, cluster: true, servers: targets.flatMap((target) => target.servers) }
}
