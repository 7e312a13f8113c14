import { createServer as createHttp2Server, type ServerHttp2Session } from 'node:http2'
import { createServer, type Server } from 'node:https'
import type { TLSSocket } from 'node:tls'
import type { Answer, AnyServer, HttpSettings } from './listen-node.ts'
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

/**
 * Speaks TLS 1.2 and 1.3, and over it HTTP/2 or HTTP/1.1, whichever the client takes (ALPN). Of HTTP/1.1 it is node:http with the
 * same bounds. The certificate's files are looked at again and again; connections outlive a new one. Throws CertificateProblem.
 */
export const createSecureServer = async (
  settings: HttpSettings,
  answer: Answer,
  { tls, limits: given }: ListenOptions,
): Promise<AnyServer> => {
  if (!tls) throw new Error('there is no certificate to speak TLS with')
  const limits = { ...connectionLimits, ...given }
  const certificate = await readCertificate(tls)
  const http = createServer(
    {
      ...settings,
      ...certificate,
      ALPNProtocols: ['h2', 'http/1.1'],
      handshakeTimeout: limits.headersTimeoutMs,
    },
    answer,
  )
  const sessions = new Set<ServerHttp2Session>()
  const http2 = createHttp2Server(http2Limits, answer)
  http2.setTimeout(limits.silenceMs)
  http2.on('session', (session) => {
    sessions.add(session)
    session.once('close', () => sessions.delete(session))
  })
  // What breaks its protocol ends its session, and nobody else.
  http2.on('sessionError', () => {})
  const http1 = http.listeners('secureConnection') as ((this: Server, socket: TLSSocket) => void)[]
  http.removeAllListeners('secureConnection')
  http.on('secureConnection', (socket: TLSSocket) => {
    if (socket.alpnProtocol === 'h2') http2.emit('connection', socket)
    else for (const listener of http1) listener.call(http, socket)
  })
  const stopWatching = watchCertificate(tls, certificate, (next) => http.setSecureContext(next))
  return {
    http,
    // GOAWAY: streams that are open end well, and the client opens others elsewhere.
    drain: () => {
      for (const session of sessions) session.close()
    },
    cut: () => {
      for (const session of sessions) session.destroy()
    },
    stop: stopWatching,
  }
}
