import { ConnectionPool } from '../http1-client/connection-pool.ts'
import { originOf } from '../http1-client/dial.ts'
import { type CircuitBreaker, createBreaker } from './circuit-breaker.ts'

/** For how long an upstream that refuses, or says that it stops, is asked only where there is no other. */
const leftAloneMs = 1_000
/** Connections of requests that are not held open; further requests wait for one. */
const connectionsMost = 256

/** One process behind the gateway, and what is known of it. */
export interface Upstream {
  base: URL
  /** What comes before the path of a request; empty for most. */
  basePath: string
  connections: ConnectionPool
  /** Connections beside those of other requests, for what may stay open. */
  heldOpen: ConnectionPool
  /** For health checks, which wait for no other request. */
  checks: ConnectionPool
  breaker: CircuitBreaker
  /** Requests under way, and those that are held open. */
  pending: number
  held: number
  /** What the last health checks found; true until they found something else. */
  isHealthy: boolean
  /** Until then others are asked first. */
  leftUntil: number
  lastError: string | null
  lastErrorAt: string | null
}

/**
 * `mostUnderWay`: never more requests than that are under way, so none has to wait for a connection. `host`: what requests ask for
 * there, where that is another than in the URL.
 */
export const createUpstream = (
  url: string,
  now: () => number,
  { mostUnderWay = 0, host }: { mostUnderWay?: number | undefined; host?: string | undefined } = {},
): Upstream => {
  const base = new URL(url)
  const origin = originOf(base, host ?? base.host)
  return {
    base,
    basePath: base.pathname.replace(/\/$/, ''),
    connections: new ConnectionPool(origin, Math.max(connectionsMost, mostUnderWay)),
    heldOpen: new ConnectionPool(origin, Number.POSITIVE_INFINITY),
    checks: new ConnectionPool(originOf(base, base.host), 1),
    breaker: createBreaker(now),
    pending: 0,
    held: 0,
    isHealthy: true,
    leftUntil: 0,
    lastError: null,
    lastErrorAt: null,
  }
}

/** It refuses connections, or says that it stops: others are asked first from now on. */
export const leaveAlone = (upstream: Upstream, now: number): void => {
  upstream.leftUntil = now + leftAloneMs
  dropIdle(upstream)
}

/** Where one kept connection was closed by the other side, the others are not to be trusted either. */
export const dropIdle = ({ connections, heldOpen, checks }: Upstream): void => {
  connections.dropIdle()
  heldOpen.dropIdle()
  checks.dropIdle()
}

export const closeConnections = ({ connections, heldOpen, checks }: Upstream): void => {
  connections.close()
  heldOpen.close()
  checks.close()
}

/**
 * The upstream to ask: of those that the breaker admits and that were not tried yet the one with the least requests under way,
 * healthy ones first. `random` (0 to 1) decides between equals, so that several gateways do not all choose the same.
 */
export const pickUpstream = (
  upstreams: readonly Upstream[],
  tried: readonly Upstream[],
  options: { now: number; isHeld: boolean; random: number },
): Upstream | undefined => {
  const begin = Math.floor(options.random * upstreams.length)
  let best: Upstream | undefined
  let bestRank = Number.POSITIVE_INFINITY
  for (let i = 0; i < upstreams.length; i += 1) {
    const upstream = upstreams[(begin + i) % upstreams.length] as Upstream
    if (!upstream.breaker.admits() || tried.includes(upstream)) continue
    const isDoubtful = !upstream.isHealthy || upstream.leftUntil > options.now
    const rank = (options.isHeld ? upstream.held : upstream.pending) + (isDoubtful ? 1e9 : 0)
    if (rank < bestRank) [best, bestRank] = [upstream, rank]
  }
  return best
}
