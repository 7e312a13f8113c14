import type { OnUnreadable } from './refuse-unreadable.ts'

export interface Listener {
  /** Where requests are received, for example `http://127.0.0.1:8080`. */
  url: string
  /** From now on every answer asks its client to open another connection (`Connection: close`), elsewhere if it can. */
  drain(): void
  /** Accepts nothing new, lets requests in flight finish for at most `graceMs`, then cuts what is left. */
  close(graceMs: number): Promise<void>
}

export interface ListenOptions {
  host: string
  /** 0 takes any free port. */
  port: number
  /** The settings of these two, for whoever has to mend them. */
  names?: { host: string; port: string }
  onUnreadable: OnUnreadable
  /** Other processes may listen at the same port (SO_REUSEPORT), and the system deals connections out among them. */
  sharesPort?: boolean
  /** Speak TLS, and HTTP/2 where the runtime has it. */
  tls?: TlsOptions | undefined
  /** Connections that one client may have open; 0, or left out: any number. */
  connectionsPerClient?: number
  /** Whose connections are not counted: a proxy brings those of many clients. */
  isTrusted?: (address: string) => boolean
  /** Told of an address the first time that a connection of it is refused, until it has fewer again. */
  onCrowd?: (address: string) => void
  /** For tests, which cannot wait as long as clients may. */
  limits?: Partial<ConnectionLimits>
}

export interface TlsOptions {
  /** Files in PEM: the certificate with those between it and the root, and its private key. */
  cert: string
  key: string
  /** Told when changed files are in use, or why they are not: then the old ones go on. */
  onReload: (error?: unknown) => void
  /** How often the files are looked at, in ms. */
  everyMs?: number
}

/** Bounds of one connection, the same on every runtime. */
export const connectionLimits = {
  headerBytes: 16_384,
  headers: 100,
  /** RFC 9110 §4.1 asks for 8,000 at least. */
  addressBytes: 8_192,
  headersTimeoutMs: 10_000,
  /** Of a body at least this much arrives in each span of time while it is waited for. */
  bodyBytes: 10_000,
  bodySpanMs: 20_000,
  keepAliveTimeoutMs: 65_000,
  /** For which nothing of an answer is made, or taken by its client. Making one takes a fraction of it. */
  silenceMs: 120_000,
  connections: 50_000,
  /** How long idle connections stay open for what is on its way, once answers ask for another connection. */
  lingerMs: 300,
} as const
export type ConnectionLimits = { readonly [Name in keyof typeof connectionLimits]: number }

/** An address a person can open: a server on all interfaces is reached by localhost. */
export const readableUrl = (host: string, port: number, scheme = 'http'): string => {
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host
  return `${scheme}://${name}:${port}`
}
