import { connect, isIP, type Socket } from 'node:net'
import { checkServerIdentity, connect as connectTls, type TLSSocket } from 'node:tls'
import { NodeWire } from '../http1/node-wire.ts'
import { PeerFailure } from '../peers/peer-failure.ts'

/** Where connections lead. */
export interface Origin {
  hostname: string
  port: number
  /** Undefined where no TLS is spoken; else what the certificate must be for. */
  serverName: string | undefined
  /** Of the last connection by TLS: the next one is made with less. */
  session: Buffer | undefined
}

const ports: Record<string, number> = { 'http:': 80, 'https:': 443 }

/** `host` is what requests ask for, with the port where it has one; a certificate must be for that name. */
export const originOf = ({ protocol, hostname, port }: URL, host: string): Origin => ({
  hostname: bare(hostname),
  port: port === '' ? (ports[protocol] ?? 80) : Number(port),
  serverName: protocol === 'https:' ? bare(host.replace(/:\d*$/, '')) : undefined,
  session: undefined,
})

/** IPv6 without the brackets of URLs. */
const bare = (hostname: string): string => hostname.replace(/^\[|\]$/g, '')

const probeAfterMs = 1_000

export interface Dialled {
  connected(wire: NodeWire): void
  failed(failure: PeerFailure): void
}

/** Makes a connection. Returns what gives it up, after which nothing is told. */
export const dial = (origin: Origin, { connected, failed }: Dialled): (() => void) => {
  const isSecure = origin.serverName !== undefined
  const socket = isSecure ? openTls(origin, origin.serverName ?? '') : connect(origin.port, origin.hostname)
  let isShaking = false
  const shaking = (): void => {
    isShaking = true
  }
  const failing = (cause?: NodeJS.ErrnoException): void => {
    forget()
    socket.on('error', () => {})
    origin.session = undefined
    const kind = isShaking && cause?.code !== 'ECONNRESET' ? 'untrusted' : 'unreachable'
    failed(new PeerFailure(kind, { cause }))
  }
  const ready = (): void => {
    forget()
    socket.setNoDelay(true).setKeepAlive(true, probeAfterMs)
    connected(new NodeWire(socket, isSecure))
  }
  const closing = (): void => failing()
  const forget = (): void => {
    socket.off('connect', shaking).off('error', failing).off('close', closing)
    socket.off(isSecure ? 'secureConnect' : 'connect', ready)
  }
  if (isSecure) socket.once('connect', shaking).once('secureConnect', ready)
  else socket.once('connect', ready)
  socket.once('error', failing).once('close', closing)
  return () => {
    forget()
    socket.on('error', () => {}).destroy()
  }
}

const openTls = (origin: Origin, serverName: string): Socket => {
  const { hostname, port, session } = origin
  const socket: TLSSocket = connectTls({
    host: hostname,
    port,
    // An address is no name to ask for, but what the certificate is checked against all the same.
    servername: isIP(serverName) ? '' : serverName,
    checkServerIdentity: (_, certificate) => checkServerIdentity(serverName, certificate),
    ...(session && { session }),
  })
  return socket.on('session', (ticket) => {
    origin.session = ticket
  })
}
