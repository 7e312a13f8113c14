import { createServer as createHttp2Server, type ServerHttp2Session } from 'node:http2'
import type { Server, Socket } from 'node:net'
import { createServer, type TLSSocket } from 'node:tls'
import { type ServerState, socketOptions } from '../http1/server-state.ts'
import type { Peer } from '../peers/peer.ts'
import { answerHttp2 } from './answer-http2.ts'
import { followHandshakes } from './follow-handshakes.ts'
import { connectionLimits, type ListenOptions } from './listener.ts'
import { readCertificate, watchCertificate } from './watch-certificate.ts'

/** Bounds of one HTTP/2 connection against what its known attacks do: resets, settings, pings, header lists, streams. */
const http2Limits = {
  maxHeaderListPairs: connectionLimits.headers + 6,
  maxOutstandingPings: 10,
  maxSessionInvalidFrames: 100,
  maxSessionRejectedStreams: 100,
  /** In megabytes, of all that a connection makes this process hold. */
  maxSessionMemory: 4,
  maxSettings: 16,
  streamResetBurst: 200,
  streamResetRate: 20,
  settings: { maxConcurrentStreams: 100, maxHeaderListSize: connectionLimits.headerBytes, enablePush: false },
} as const

/** What receives connections, with what it speaks beside HTTP/1.1. */
export interface SecureServer {
  net: Server
  drain(): void
  /** Whoever has not asked for anything yet, or for nothing more. */
  closeIdle(): void
  cut(): void
  stop(): void
}

/**
 * Speaks TLS 1.2 and 1.3, and over it HTTP/2 or HTTP/1.1, whichever the client takes (ALPN). Connections of HTTP/1.1 are given to
 * `begin`. The certificate's files are looked at again and again; connections outlive a new one. Throws CertificateProblem.
 */
export const createSecureServer = async (
  peer: Peer,
  options: ListenOptions,
  { limits }: ServerState,
  begin: (socket: Socket) => void,
): Promise<SecureServer> => {
  const { tls } = options
  if (!tls) throw new Error('there is no certificate to speak TLS with')
  const certificate = await readCertificate(tls)
  const server = createServer({
    ...socketOptions,
    ...certificate,
    ALPNProtocols: ['h2', 'http/1.1'],
    handshakeTimeout: limits.headersTimeoutMs,
  })
  const handshakes = followHandshakes(server)
  const sessions = new Set<ServerHttp2Session>()
  const { answer, stop } = answerHttp2(peer, options)
  const http2 = createHttp2Server(http2Limits, answer)
  http2.setTimeout(limits.silenceMs)
  http2.on('session', (session) => {
    sessions.add(session)
    session.once('close', () => sessions.delete(session))
  })
  // What breaks its protocol ends its session, and nobody else.
  http2.on('sessionError', () => {})
  server.on('secureConnection', (socket: TLSSocket) => {
    if (socket.alpnProtocol === 'h2') http2.emit('connection', socket)
    else begin(socket)
  })
  // A handshake that fails ends its connection.
  server.on('tlsClientError', (_, socket) => socket.destroy())
  const stopWatching = watchCertificate(tls, certificate, (next) => server.setSecureContext(next))
  // GOAWAY: streams that are open end well, and the client opens others elsewhere.
  const drain = (): void => {
    for (const session of sessions) session.close()
  }
  return {
    net: server as Server,
    drain,
    closeIdle: () => {
      drain()
      handshakes.cut()
    },
    cut: () => {
      handshakes.cut()
      for (const session of sessions) session.destroy()
    },
    stop: () => {
      stopWatching()
      stop()
    },
  }
}
