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

/** What no answer of a healthy server takes, on a busy machine too. */
const generousMs = 20_000

/** Runs one statement on a connection of its own and returns its rows; throws when that takes over `boundMs`. */
export const askPostgres = async (
  url: string,
  statement: string,
  boundMs = generousMs,
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
export const askRedis = async (
  url: string,
  commands: string[][],
  boundMs = generousMs,
): Promise<unknown[]> => {
  // That it is no answer is said below, and not by the client.
  const client = createClient({ url, socket: { reconnectStrategy: false, connectTimeout: boundMs * 2 } })
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
