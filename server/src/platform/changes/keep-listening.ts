import { Client } from 'pg'
import { backoff, within } from '../within.ts'

interface Options {
  url: string
  channel: string
  timeoutMs: number
  /** how often a quiet connection is asked whether it still stands */
  checkEveryMs: number
  message: (text: string) => void
  live: () => void
  /** the connection is lost (once for each loss) */
  lost: (error: unknown) => void
}

const createFor = ({ url, timeoutMs }: Options): Client =>
  new Client({
    connectionString: url,
    connectionTimeoutMillis: Math.max(timeoutMs, 1000),
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    application_name: 'parasol changes',
  })

/**
 * Keeps a LISTEN of its own open in the background, outside the pool: a pool would lend the connection to others. A
 * connection that died without a word (a firewall, a stalled server) is found by a bounded `select 1` now and then.
 */
export const keepListening = (options: Options): { close(): Promise<void> } => {
  const { channel, timeoutMs, checkEveryMs } = options
  let latest: Client | undefined
  let ready = false
  let failures = 0
  let timer: NodeJS.Timeout | undefined
  let closed = false

  const fail = (client: Client, error: unknown) => {
    if (client !== latest) return
    latest = undefined
    clearTimeout(timer)
    if (ready || failures === 0) options.lost(error)
    ready = false
    // No goodbye: a stalled server would never answer it.
    client.connection.stream.destroy()
    if (!closed) timer = setTimeout(open, backoff(failures++))
  }

  const check = (client: Client) => {
    timer = setTimeout(() => {
      within(timeoutMs, 'The check of the LISTEN connection', client.query('select 1')).then(
        () => client === latest && check(client),
        (error) => fail(client, error),
      )
    }, checkEveryMs)
  }

  const open = () => {
    const client = createFor(options)
    latest = client
    client.on('error', (error) => fail(client, error))
    client.on('end', () => fail(client, new Error('PostgreSQL closed the LISTEN connection')))
    client.on('notification', ({ payload }) => options.message(payload ?? ''))
    client
      .connect()
      .then(() => within(timeoutMs, 'LISTEN', client.query(`listen ${client.escapeIdentifier(channel)}`)))
      .then(() => {
        if (client !== latest) return
        ready = true
        failures = 0
        check(client)
        options.live()
      })
      .catch((error) => fail(client, error))
  }
  open()

  const close = async () => {
    closed = true
    clearTimeout(timer)
    const client = latest
    latest = undefined
    if (client === undefined) return
    await within(timeoutMs, 'The goodbye', client.end()).catch(() => client.connection.stream.destroy())
  }
  return { close }
}
