import type { Peer } from '../peers/peer.ts'
import { connectionLimits, type Listener, type ListenOptions, readableUrl } from './listener.ts'
import { badAddress, refuseUnreadable } from './refuse-unreadable.ts'
import { noteSource } from './remote-address.ts'

/** The part of Bun's server we use; typed here because Bun's global types would shadow Node's. */
interface BunServer {
  port: number
  requestIP(request: Request): { address: string } | null
  stop(closeActiveConnections?: boolean): Promise<void>
}
interface BunRuntime {
  serve(options: {
    hostname: string
    port: number
    idleTimeout: number
    maxRequestBodySize: number
    fetch(request: Request, server: BunServer): Response | Promise<Response>
  }): BunServer
}

/** Receives HTTP with Bun's own server. */
export const listen = async (peer: Peer, { host, port, onUnreadable }: ListenOptions): Promise<Listener> => {
  const { Bun } = globalThis as unknown as { Bun: BunRuntime }
  const server = Bun.serve({
    hostname: host,
    port,
    idleTimeout: connectionLimits.keepAliveTimeoutMs / 1_000,
    // Bodies are bounded where they are read, with a problem+json; this is only the outer wall.
    maxRequestBodySize: 64 * 1024 * 1024,
    fetch(request, server) {
      noteSource(request, server)
      // Without a Host, or with a bad one, Bun hands over a relative URL, which nothing behind expects.
      if (request.url.startsWith('http')) return peer(request)
      const { body, ...init } = refuseUnreadable('invalid_request', badAddress, onUnreadable)
      return new Response(body, init)
    },
  })
  return { url: readableUrl(host, server.port), close: (graceMs) => close(server, graceMs) }
}

const close = async (server: BunServer, graceMs: number): Promise<void> => {
  const cut = setTimeout(() => void server.stop(true), graceMs)
  await server.stop()
  clearTimeout(cut)
}
