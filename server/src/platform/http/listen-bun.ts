import type { Peer } from '../peers/peer.ts'
import { connectionLimits, type Listener, type ListenOptions, readableUrl } from './listener.ts'
import { badAddress, refuseUnreadable } from './refuse-unreadable.ts'
import { noteSource } from './remote-address.ts'
import { type Certificate, readCertificate } from './watch-certificate.ts'

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
    reusePort: boolean
    idleTimeout: number
    maxRequestBodySize: number
    tls?: Certificate
    fetch(request: Request, server: BunServer): Response | Promise<Response>
  }): BunServer
}

/** Two Host headers arrive as one with a comma, which no host has. */
const goodHost = /^[^\s,/?#@\\]+$/

/**
 * What is wrong with a request that Bun let pass, in words. It hides more than it tells: segments of dots are gone, an absolute
 * address has lost its host, and without a good Host the URL is a relative one.
 */
const faultOf = (
  request: Request,
  addressBytes: number,
): ['invalid_request' | 'uri_too_long', string] | undefined => {
  const { url, headers } = request
  if (!url.startsWith('http')) return ['invalid_request', badAddress]
  if (url.length > addressBytes) return ['uri_too_long', `The address may have ${addressBytes} bytes.`]
  return goodHost.test(headers.get('host') ?? '') ? undefined : ['invalid_request', badAddress]
}

/** Receives HTTP/1.1 with Bun's own server, which counts no connections and knows no least speed of bodies. */
export const listen = async (peer: Peer, options: ListenOptions): Promise<Listener> => {
  const { host, port, onUnreadable, sharesPort = false, tls } = options
  const { addressBytes, keepAliveTimeoutMs } = { ...connectionLimits, ...options.limits }
  const { Bun } = globalThis as unknown as { Bun: BunRuntime }
  let isDraining = false
  const send = (answer: Response): Response => {
    if (isDraining) answer.headers.set('connection', 'close')
    return answer
  }
  const server = Bun.serve({
    hostname: host,
    port,
    reusePort: sharesPort,
    idleTimeout: keepAliveTimeoutMs / 1_000,
    // Bodies are bounded where they are read, with a problem+json; this is only the outer wall.
    maxRequestBodySize: 64 * 1024 * 1024,
    ...(tls && { tls: await readCertificate(tls) }),
    fetch(request, server) {
      noteSource(request, server)
      const fault = faultOf(request, addressBytes)
      if (fault) {
        const { body, ...init } = refuseUnreadable(...fault, onUnreadable)
        return new Response(body, init)
      }
      const answer = peer(request)
      return answer instanceof Promise ? answer.then(send) : send(answer)
    },
  })
  const drain = (): void => {
    isDraining = true
  }
  const close = async (graceMs: number): Promise<void> => {
    drain()
    const cut = setTimeout(() => void server.stop(true), graceMs)
    await server.stop()
    clearTimeout(cut)
  }
  return { url: readableUrl(host, server.port, tls ? 'https' : 'http'), drain, close }
}
