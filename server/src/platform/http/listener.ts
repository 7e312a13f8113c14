import type { OnUnreadable } from './refuse-unreadable.ts'

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
  /** How long a connection may stand still in the middle of an answer; `connectionLimits.silenceMs` without it. */
  silenceMs?: number
  onUnreadable: OnUnreadable
}

/** Bounds of one connection, the same on every runtime. */
export const connectionLimits = {
  headerBytes: 16_384,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  keepAliveTimeoutMs: 65_000,
  /** A client that does not read holds its answers in memory this long. Making one takes a fraction of it. */
  silenceMs: 120_000,
  connections: 50_000,
} as const

/** An address a person can open: a server on all interfaces is reached by localhost. */
export const readableUrl = (host: string, port: number): string => {
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host
  return `http://${name}:${port}`
}
