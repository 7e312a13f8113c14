import { connectionLimits } from '../http/listener.ts'
import { type NoteCall, noteCalls } from '../telemetry/note-calls.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import type { HealthCheck } from './check-upstreams.ts'
import { type ClientOf, clientOfRequest } from './client-of.ts'
import type { Forwarding } from './exchange.ts'
import { type HeaderRules, noRules } from './forwarded-headers.ts'
import { createPassStreams } from './pass-streams.ts'
import { closeConnections, createUpstream, type Upstream } from './upstream.ts'

export interface HttpPeerOptions {
  /** What it is called in errors, for example `config`. */
  name: string
  /** One URL, or several with commas between: requests are spread over them. */
  baseUrl: string
  /** How long it may take until an answer begins; until there is a connection too, unless told otherwise. */
  timeoutMs: number
  connectMs?: number
  /** How long it may be silent within a body. */
  silenceMs?: number
  /**
   * Which requests (path and query) the neighbour may leave open, and how long it may be silent beyond the timeout, in ms;
   * undefined for all others.
   */
  heldOpenMs?: (target: string) => number | undefined
  /** Which requests (path and query) never wait for a connection, because they must go on while others have taken all. */
  beside?: (target: string) => boolean
  /** How often a safe request may be tried on another upstream. */
  retries?: number
  /** More requests than that at a time are refused with 503; what is held open does not count. */
  mostUnderWay?: number | undefined
  maxBodyBytes?: number | undefined
  health?: HealthCheck | undefined
  requestRules?: HeaderRules
  answerRules?: HeaderRules
  clientOf?: ClientOf
  /** It is none of our services, so clients are told what happened to it: 502, 503 or 504. */
  isForeign?: boolean
  /** Hears of upstreams (by their place in `baseUrl`, from 1) that go or come back. */
  changed?: (upstream: number, isHealthy: boolean) => void
  telemetry?: Telemetry
  now?: () => number
}

/** The upstreams of a neighbour, and what all of its requests share. */
export interface Pool {
  options: HttpPeerOptions
  upstreams: readonly Upstream[]
  forwarding: Forwarding
  now: () => number
  underWay: number
  noteCall: NoteCall | undefined
  /** Set once nothing new is sent there, and resolved when the last request is over. */
  retired: PromiseWithResolvers<void> | undefined
}

export const createPool = (options: HttpPeerOptions): Pool => {
  const { now = () => performance.now() } = options
  const forwarding: Forwarding = {
    connectMs: options.connectMs,
    silenceMs: options.silenceMs ?? connectionLimits.silenceMs,
    streams: createPassStreams(),
    requestRules: options.requestRules ?? noRules,
    answerRules: options.answerRules ?? noRules,
    clientOf: options.clientOf ?? clientOfRequest,
    maxBodyBytes: options.maxBodyBytes,
    uploads: new Set(),
  }
  const { mostUnderWay, telemetry } = options
  const { host } = forwarding.requestRules.set
  const upstreams = options.baseUrl
    .split(',')
    .map((url) => createUpstream(url.trim(), now, { mostUnderWay, host }))
  const noteCall = telemetry && noteCalls(telemetry, options.name)
  return { options, upstreams, forwarding, now, underWay: 0, noteCall, retired: undefined }
}

/** Closes the connections of a pool that is retired to each upstream that has no requests any more. */
export const closeIfOver = ({ retired, upstreams }: Pool): void => {
  if (!retired) return
  const over = upstreams.filter(({ pending, held }) => pending === 0 && held === 0)
  for (const upstream of over) closeConnections(upstream)
  if (over.length === upstreams.length) retired.resolve()
}
