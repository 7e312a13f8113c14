import { connect, createServer, type Server, type Socket } from 'node:net'
import { freePort } from './free-port.ts'

/** A TCP proxy that stands between a client and a store, and can be a bad network. */
export interface Proxy {
  port: number
  /** From now on each piece of an answer waits so long (ms). */
  delay(ms: number): void
  /** Accepts connections and passes nothing, in both directions; `heal` passes what was held back. */
  stall(): void
  /** Resets all connections and refuses new ones. */
  cut(): void
  /** Back to normal: no delay, no stall, listening. */
  heal(): void
  close(): Promise<void>
}

interface Line {
  delayMs: number
  stalled: boolean
  sockets: Set<Socket>
}

/** Passes data from one socket to the other, in order, with the line's delay (answers only) and stall. */
const pass = (line: Line, from: Socket, to: Socket, isAnswer: boolean): void => {
  let tail = Promise.resolve()
  const inOrder = (work: () => void): void => {
    const wait = isAnswer ? line.delayMs : 0
    const ready = new Promise<void>((resolve) => setTimeout(resolve, wait).unref())
    tail = wait === 0 ? tail.then(work) : tail.then(() => ready).then(work)
  }
  from.on('data', (piece) => inOrder(() => void to.write(piece)))
  from.on('end', () => inOrder(() => void to.end()))
  from.on('error', () => to.destroy())
  from.on('close', () => {
    line.sockets.delete(from)
    inOrder(() => void to.destroySoon())
  })
  if (line.stalled) from.pause()
}

const accept = (line: Line, client: Socket, targetPort: number): void => {
  const store = connect({ port: targetPort, host: '127.0.0.1', allowHalfOpen: true })
  for (const socket of [client, store]) {
    line.sockets.add(socket)
    socket.setNoDelay(true)
  }
  pass(line, client, store, false)
  pass(line, store, client, true)
}

/** Starts a proxy on 127.0.0.1 in front of a port of this machine. */
export const startProxy = async (targetPort: number): Promise<Proxy> => {
  const line: Line = { delayMs: 0, stalled: false, sockets: new Set() }
  const port = await freePort()
  let server: Server | undefined
  const listen = (): Promise<void> =>
    new Promise((resolve, reject) => {
      server = createServer({ allowHalfOpen: true }, (client) => accept(line, client, targetPort))
      server.once('error', reject)
      server.listen(port, '127.0.0.1', resolve)
    })
  const cut = (): void => {
    server?.close()
    server = undefined
    for (const socket of line.sockets) socket.resetAndDestroy()
  }
  await listen()
  return {
    port,
    delay: (ms) => {
      line.delayMs = ms
    },
    stall: () => {
      line.stalled = true
      for (const socket of line.sockets) socket.pause()
    },
    cut,
    heal: () => {
      line.delayMs = 0
      line.stalled = false
      for (const socket of line.sockets) socket.resume()
      if (server === undefined) void listen()
    },
    close: async () => cut(),
  }
}
