import { targetOf } from '../http/target-of.ts'
import { attempt, type Outcome } from './attempt.ts'
import { bodyTooLarge } from './body-too-large.ts'
import { checkUpstreams } from './check-upstreams.ts'
import { allLeftAlone, failureProblem, loopDetected, routeBusy } from './failure-problem.ts'
import { isForUs, isLooping, isSafe, sendsBody } from './forwarded-headers.ts'
import type { Peer } from './peer.ts'
import { isUnsent } from './peer-failure.ts'
import { closeIfOver, createPool, type HttpPeerOptions, type Pool } from './pool.ts'
import { createRetryBudget } from './retry-budget.ts'
import { closeConnections, pickUpstream, type Upstream } from './upstream.ts'

/** What is known of one upstream; its URL is not told, because /health is public. */
export interface UpstreamState {
  state: 'ok' | 'down'
  lastError: string | null
  lastErrorAt: string | null
}

/** A neighbour as it is reached over HTTP. */
export interface HttpPeer {
  peer: Peer
  /** This process is stopping: what is held open ends, so that clients go elsewhere. */
  drain(): void
  close(): void
  /** Nothing new is sent there: closes, and resolves, when the last request is over. */
  retire(): Promise<void>
  upstreams(): UpstreamState[]
}

const retriesMost = 2
/** Of the requests that may be under way, those whose bodies are still coming. */
const uploadsPart = 0.75

/**
 * The neighbour in other processes, over HTTP/1.1 with kept connections. Bodies pass as they are: fetch would undo a content
 * coding that the client asked for. What the neighbour may leave open has connections of its own, beside those of all other
 * requests. A safe request that fails goes to another upstream, within a budget. Throws 502, 503 or 504 when there is no answer, 413 for a body that is too large, and 400, for nobody to read, when the client is gone first.
 */
export const httpPeer = (options: HttpPeerOptions): HttpPeer => {
  const pool = createPool(options)
  const { upstreams, forwarding, now } = pool
  const budget = createRetryBudget(now)
  const endChecks =
    options.health &&
    checkUpstreams(upstreams, options.health, (upstream, isHealthy) =>
      options.changed?.(upstreams.indexOf(upstream) + 1, isHealthy),
    )

  /** Whether it may be tried elsewhere: only what changes nothing there, and not so often that it adds to the trouble. */
  const mayRepeat = (request: Request, outcome: Outcome, retries: number): boolean =>
    retries < (options.retries ?? retriesMost) && isRepeatable(request, outcome) && budget.takeRetry()

  const send = async (request: Request, target: string, heldMs: number | undefined): Promise<Response> => {
    const tried: Upstream[] = []
    let last: Outcome | undefined
    for (let retries = 0; ; retries += 1) {
      const upstream = nextOf(pool, tried, last, heldMs !== undefined)
      if (!upstream) return giveUp(pool, last)
      tried.push(upstream)
      last = await attempt(pool, request, { upstream, target, heldMs })
      if (last.response && !last.isStopping) return last.response
      if (!mayRepeat(request, last, retries)) return giveUp(pool, last)
    }
  }
  return {
    async peer(request) {
      if (isForUs(request)) return new Response(null, { status: 204 })
      const target = targetOf(request.url)
      const heldMs = options.heldOpenMs?.(target)
      refuse(pool, request, heldMs)
      budget.noteRequest()
      return send(request, target, heldMs)
    },
    drain: forwarding.streams.drain,
    close() {
      endChecks?.()
      for (const upstream of upstreams) closeConnections(upstream)
    },
    retire() {
      endChecks?.()
      pool.retired ??= Promise.withResolvers()
      closeIfOver(pool)
      return pool.retired.promise
    },
    upstreams: () => upstreams.map((upstream) => stateOf(upstream, now())),
  }
}

const refuse = (pool: Pool, request: Request, heldMs: number | undefined): void => {
  const { name, mostUnderWay, maxBodyBytes } = pool.options
  if (mostUnderWay !== undefined && heldMs === undefined && pool.underWay >= mostUnderWay) {
    throw routeBusy(name, mostUnderWay)
  }
  if (mostUnderWay !== undefined && sendsBody(request)) {
    // Bodies may come as slowly as their clients like: what has none, or has sent it, keeps a part of the places.
    const most = Math.ceil(mostUnderWay * uploadsPart)
    if (pool.forwarding.uploads.size >= most) throw routeBusy(name, most)
  }
  if (maxBodyBytes !== undefined && Number(request.headers.get('content-length') ?? 0) > maxBodyBytes) {
    throw bodyTooLarge(maxBodyBytes)
  }
  if (isLooping(request)) throw loopDetected()
}

/** One that was not tried, or the only one again where a kept connection may have been closed just then. */
const nextOf = (
  pool: Pool,
  tried: readonly Upstream[],
  last: Outcome | undefined,
  isHeld: boolean,
): Upstream | undefined => {
  const options = { now: pool.now(), isHeld, random: Math.random() }
  const other = pickUpstream(pool.upstreams, tried, options)
  return other ?? (last?.failure?.isReused ? pickUpstream(pool.upstreams, [], options) : undefined)
}

/** The last answer, though it says that the upstream is stopping, or what the last failure means to the client. */
const giveUp = ({ options, upstreams }: Pool, last: Outcome | undefined): Response => {
  const { name, isForeign = false } = options
  if (last?.response) return last.response
  if (last) throw failureProblem(name, isForeign, last.failure)
  throw allLeftAlone(name, Math.min(...upstreams.map(({ breaker }) => breaker.waitMs())))
}

/** Safe methods send no body; where there was no connection nothing was sent at all. */
const isRepeatable = ({ method }: Request, { response, failure }: Outcome): boolean =>
  isSafe(method) || (response === undefined && isUnsent(failure))

const stateOf = (
  { isHealthy, breaker, leftUntil, lastError, lastErrorAt }: Upstream,
  now: number,
): UpstreamState => ({
  state: isHealthy && breaker.state() === 'closed' && leftUntil <= now ? 'ok' : 'down',
  lastError,
  lastErrorAt,
})
