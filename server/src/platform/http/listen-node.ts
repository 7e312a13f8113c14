import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { Connection } from '../http1/connection.ts'
import { NodeWire } from '../http1/node-wire.ts'
import { createServerState, type ServerState, socketOptions } from '../http1/server-state.ts'
import type { Peer } from '../peers/peer.ts'
import { closeServer } from './close-server.ts'
import { createCrowds } from './count-connections.ts'
import { type Listener, type ListenOptions, readableUrl } from './listener.ts'

/** Receives HTTP/1.1 with node:net; over TLS also HTTP/2. */
export const listen = async (peer: Peer, options: ListenOptions): Promise<Listener> => {
  const state = createServerState(peer, options)
  const begin = (socket: Socket): void => {
    if (socket.destroyed) return
    const wire = new NodeWire(socket, options.tls !== undefined)
    wire.listen(new Connection(wire, state))
  }
  const secure = options.tls && (await import('./listen-tls.ts'))
  const server = secure
    ? await secure.createSecureServer(peer, options, state, begin)
    : {
        net: createServer(socketOptions),
        drain: () => {},
        closeIdle: () => {},
        cut: () => {},
        stop: () => {},
      }
  if (!secure) server.net.on('connection', begin)
  bound(server.net, options, state)
  await bind(server.net, options)
  const { port } = server.net.address() as AddressInfo
  const drain = (): void => {
    state.isDraining = true
    server.drain()
  }
  return {
    url: readableUrl(options.host, port, secure ? 'https' : 'http'),
    drain,
    close: async (graceMs) => {
      drain()
      const stop = (): Promise<void> => new Promise((resolve) => server.net.close(() => resolve()))
      await closeServer({ ...server, stop }, state, graceMs)
      server.stop()
      state.stop()
    },
  }
}

const bind = (server: Server, { host, port, sharesPort = false }: ListenOptions): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port, reusePort: sharesPort }, resolve)
  })

/** Holds connections to their bounds. */
const bound = (server: Server, options: ListenOptions, { limits }: ServerState): void => {
  server.maxConnections = limits.connections
  const crowds = createCrowds(options)
  server.prependListener('connection', (socket: Socket) => {
    if (!crowds.enter(socket, socket.remoteAddress)) socket.destroy()
    else socket.once('close', leave)
  })
  function leave(this: Socket): void {
    crowds.leave(this)
  }
}
