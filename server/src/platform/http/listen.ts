import type { Peer } from '../peers/peer.ts'

export interface Listener {
  /** Where requests are received, for example `http://127.0.0.1:8080`. */
  url: string
  /** Accepts nothing new, lets requests in flight finish for at most `graceMs`, then cuts what is left. */
  close(graceMs: number): Promise<void>
}

export interface ListenOptions {
  host: string
  /** 0 takes any free port. */
  port: number
}

/** Bounds of one connection, the same on every runtime. */
export const connectionLimits = {
  headerBytes: 16_384,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  keepAliveTimeoutMs: 65_000,
  connections: 50_000,
} as const

/** Receives HTTP on the runtime this process runs on; handlers are web-standard, so nothing else differs. */
export const listen = async (peer: Peer, options: ListenOptions): Promise<Listener> => {
  const runtime = 'Bun' in globalThis ? await import('./listen-bun.ts') : await import('./listen-node.ts')
  return runtime.listen(peer, options)
}

/** An address a person can open: a server on all interfaces is reached by localhost. */
export const readableUrl = (host: string, port: number): string => {
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host
  return `http://${name}:${port}`
}
