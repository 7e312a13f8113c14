import { createClient } from '@redis/client'
import { Client } from 'pg'

const within = async <T>(ms: number, what: string, work: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: no answer within ${ms} ms`)), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Runs one statement on a connection of its own and returns its rows; throws when that takes over `boundMs`. */
export const askPostgres = async (
  url: string,
  statement: string,
  boundMs = 2000,
): Promise<Record<string, unknown>[]> => {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: boundMs })
  client.on('error', () => {})
  const work = client.connect().then(async () => (await client.query(statement)).rows)
  try {
    return await within(boundMs, 'PostgreSQL', work)
  } finally {
    client.end().catch(() => {})
  }
}

/** Sends Redis commands on a connection of their own and returns their answers; throws when that takes over `boundMs`. */
export const askRedis = async (url: string, commands: string[][], boundMs = 2000): Promise<unknown[]> => {
  const client = createClient({ url, socket: { reconnectStrategy: false, connectTimeout: boundMs } })
  client.on('error', () => {})
  const work = client
    .connect()
    .then(() => Promise.all(commands.map((command) => client.sendCommand(command))))
  try {
    return await within(boundMs, 'Redis', work)
  } finally {
    client.destroy()
  }
}
