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
  /** While the line is stalled, what passes waits for it. */
  gate: PromiseWithResolvers<void> | undefined
  sockets: Set<Socket>
}

/** Passes data from one socket to the other, in order, after the line's delay (answers only) and through its gate. */
const pass = (line: Line, from: Socket, to: Socket, isAnswer: boolean): void => {
  let tail = Promise.resolve()
  const inOrder = (work: () => void): void => {
    const waitMs = isAnswer ? line.delayMs : 0
    const ready = waitMs > 0 ? new Promise((resolve) => setTimeout(resolve, waitMs).unref()) : undefined
    tail = tail
      .then(() => ready)
      .then(() => line.gate?.promise)
      .then(work)
  }
  from.on('data', (piece) => inOrder(() => void to.write(piece)))
  from.on('end', () => inOrder(() => void to.end()))
  from.on('error', () => to.destroy())
  from.on('close', () => {
    line.sockets.delete(from)
    inOrder(() => to.destroySoon())
  })
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
  const line: Line = { delayMs: 0, gate: undefined, sockets: new Set() }
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
      line.gate ??= Promise.withResolvers<void>()
    },
    cut,
    heal: () => {
      line.delayMs = 0
      line.gate?.resolve()
      line.gate = undefined
      if (server === undefined) void listen()
    },
    close: async () => cut(),
  }
}
