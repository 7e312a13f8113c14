/**
 * A process of its own that listens: `node live-readers.ts <port> <path> <how many>`. Over bare sockets, so that it is not the
 * bottleneck. Tells on stdout when all are connected, and of each event when it came to them, in ms of the system's
 * monotonic clock, which all processes of a machine share.
 */
import { connect } from 'node:net'
import { neverWait } from './machine.ts'
import { quantile } from './report.ts'

const [port = '', path = '', count = ''] = process.argv.slice(2)
const readers = Number(count)
const connectingAtOnce = 50
/** An event that did not come to all is told of as it stands then. */
const givenUpMs = 15_000

const now = (): number => Number(process.hrtime.bigint()) / 1e6

const request = [
  `GET ${path} HTTP/1.1`,
  `Host: 127.0.0.1:${port}`,
  'Accept: text/event-stream',
  'Accept-Language: en-US,en;q=0.9',
  'Cache-Control: no-cache',
  'Referer: http://shop.example/page',
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
  '\r\n',
].join('\r\n')

const told = new Map<string, { times: number[]; timer: NodeJS.Timeout }>()
let gone = 0

const tell = (line: object): void => console.log(JSON.stringify(line))

const tellOf = (id: string): void => {
  const { times = [], timer } = told.get(id) ?? {}
  clearTimeout(timer)
  told.delete(id)
  const [first, p50, p99, last] = [0, 0.5, 0.99, 1].map((share) => quantile(times, share))
  tell({ id, told: times.length, gone, first, p50, p99, last })
}

const note = (id: string): void => {
  const event = told.get(id) ?? { times: [], timer: setTimeout(() => tellOf(id), givenUpMs) }
  told.set(id, event)
  event.times.push(now())
  if (event.times.length >= readers - gone) tellOf(id)
}

const listen = (place: number): Promise<void> =>
  new Promise((resolve, reject) => {
    // Other addresses of the loopback, because one has not enough ports for all.
    const from = process.platform === 'linux' ? { localAddress: `127.0.0.${1 + (place % 8)}` } : {}
    const socket = connect({ port: Number(port), host: '127.0.0.1', ...from }, () => socket.write(request))
    socket.setEncoding('latin1')
    socket.once('data', (text: string) => {
      if (text.startsWith('HTTP/1.1 200')) resolve()
      else reject(new Error(text))
      socket.on('data', (piece: string) => {
        const id = /id: (\d+)\n(?:event|data)/.exec(piece)?.[1]
        if (id !== undefined) note(id)
      })
    })
    socket.on('error', reject)
    socket.on('close', () => {
      gone += 1
    })
  })

neverWait()
const startedAt = now()
let next = 0
const connectOn = async (): Promise<void> => {
  while (next < readers) {
    next += 1
    await listen(next)
  }
}
await Promise.all(Array.from({ length: connectingAtOnce }, connectOn))
tell({ connected: readers, ms: now() - startedAt })
