import type { Socket } from 'node:net'
import type { Server, TLSSocket } from 'node:tls'

/** The two ends of a connection: node:tls does not tell which socket became which. */
const endsOf = ({ localAddress, remoteAddress, remotePort }: Socket): string =>
  `${localAddress} ${remoteAddress} ${remotePort}`

/** Keeps the connections of a server that speak no TLS yet, which `cut` ends: nothing else knows of them. */
export const followHandshakes = (server: Server): { cut(): void } => {
  const all = new Map<string, Socket>()
  server.prependListener('connection', (socket: Socket) => {
    const ends = endsOf(socket)
    all.set(ends, socket)
    socket.once('close', () => {
      if (all.get(ends) === socket) all.delete(ends)
    })
  })
  server.prependListener('secureConnection', (socket: TLSSocket) => all.delete(endsOf(socket)))
  return {
    cut() {
      for (const socket of all.values()) socket.destroy()
    },
  }
}
