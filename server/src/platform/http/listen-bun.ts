import { type BunSocket, BunWire } from '../http1/bun-wire.ts'
import { Connection } from '../http1/connection.ts'
import { createServerState } from '../http1/server-state.ts'
import type { Peer } from '../peers/peer.ts'
import { closeServer } from './close-server.ts'
import { createCrowds } from './count-connections.ts'
import { type Listener, type ListenOptions, readableUrl } from './listener.ts'
import { type Certificate, readCertificate } from './watch-certificate.ts'

/** The part of Bun's listener we use; typed here because Bun's global types would shadow Node's. */
interface BunListener {
  port: number
  stop(closesActive?: boolean): void
}
interface BunRuntime {
  listen(options: {
    hostname: string
    port: number
    reusePort: boolean
    allowHalfOpen: boolean
    tls?: Certificate
    socket: {
      open(socket: BunSocket): void
      handshake(socket: BunSocket, isMade: boolean): void
      data(socket: BunSocket, bytes: Buffer): void
      drain(socket: BunSocket): void
      end(socket: BunSocket): void
      close(socket: BunSocket): void
      error(socket: BunSocket): void
    }
  }): BunListener
}

/** Receives HTTP/1.1 with Bun's sockets. */
export const listen = async (peer: Peer, options: ListenOptions): Promise<Listener> => {
  const { host, port, sharesPort = false, tls } = options
  const { Bun } = globalThis as unknown as { Bun: BunRuntime }
  const state = createServerState(peer, options)
  const certificate = tls && (await readCertificate(tls))
  const crowds = createCrowds(options)
  let open = 0
  let whenEmpty = (): void => {}
  const server = Bun.listen({
    hostname: host,
    port,
    reusePort: sharesPort,
    allowHalfOpen: true,
    ...(certificate && { tls: certificate }),
    socket: {
      open(socket) {
        open += 1
        const wire = new BunWire(socket, certificate !== undefined)
        socket.data = wire
        if (open > state.limits.connections || !crowds.enter(socket, wire.remoteAddress)) socket.terminate()
        else wire.events = new Connection(wire, state)
      },
      // Without this one Bun tells of a connection only once it speaks TLS, and until then nothing bounds it.
      handshake(socket, isMade) {
        if (!isMade) socket.terminate()
      },
      data: ({ data }, bytes) => data.taken(bytes),
      drain: ({ data }) => data.flush(),
      end: ({ data }) => data.events?.ended(),
      close(socket) {
        open -= 1
        crowds.leave(socket)
        socket.data?.events?.closed()
        if (open === 0) whenEmpty()
      },
      error: (socket) => socket.terminate(),
    },
  })
  const drain = (): void => {
    state.isDraining = true
  }
  const closed = (): Promise<void> =>
    new Promise((resolve) => {
      whenEmpty = resolve
      server.stop()
      if (open === 0) resolve()
    })
  return {
    url: readableUrl(host, server.port, tls ? 'https' : 'http'),
    drain,
    close: async (graceMs) => {
      drain()
      await closeServer({ stop: closed, closeIdle: () => {}, cut: () => {} }, state, graceMs)
      state.stop()
    },
  }
}
