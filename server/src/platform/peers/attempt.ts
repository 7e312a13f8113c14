import { Problem } from '../../../../contract/problems.ts'
import { brokenOff } from '../http/read-body.ts'
import { exchange, type Way } from './exchange.ts'
import { isUnsent, PeerFailure } from './peer-failure.ts'
import { closeIfOver, type Pool } from './pool.ts'
import { dropIdle, leaveAlone, type Upstream } from './upstream.ts'

export type Outcome =
  | { response: Response; isStopping: boolean; failure?: never }
  | { response?: never; failure: PeerFailure }

/** A request on its way to one upstream. */
interface Call {
  upstream: Upstream
  target: string
  heldMs: number | undefined
}

/** Sends a request to one upstream, and keeps the books on it. Throws a Problem where the fault is not the upstream's. */
export const attempt = async (pool: Pool, request: Request, call: Call): Promise<Outcome> => {
  const { upstream } = call
  const told = { isAnswered: false, isStopping: false }
  const noted = pool.noteCall?.(request.method, upstream.base, upstream.basePath + pathOf(call.target))
  try {
    const response = await exchange(request, { ...wayOf(pool, call, told), traceparent: noted?.traceparent })
    noted?.over({ status: response.status })
    if (told.isStopping) leaveAlone(upstream, pool.now())
    return { response, isStopping: told.isStopping }
  } catch (error) {
    noted?.over({ failure: kindOf(request, error) })
    if (error instanceof Problem) throw error
    if (request.signal.aborted) throw brokenOff(error)
    if (!(error instanceof PeerFailure)) throw error
    noteFailure(upstream, error)
    if (isUnsent(error)) leaveAlone(upstream, pool.now())
    else if (error.isReused) dropIdle(upstream)
    return { failure: error }
  }
}

const pathOf = (target: string): string => target.split('?', 1)[0] ?? ''

const kindOf = ({ signal }: Request, error: unknown): string => {
  if (error instanceof Problem) return error.code
  if (signal.aborted) return 'client_gone'
  return error instanceof PeerFailure ? error.kind : 'error'
}

const wayOf = (
  pool: Pool,
  { upstream, target, heldMs }: Call,
  told: { isAnswered: boolean; isStopping: boolean },
): Way => {
  const isHeld = heldMs !== undefined
  const count = (by: 1 | -1): void => {
    if (isHeld) upstream.held += by
    else {
      upstream.pending += by
      pool.underWay += by
    }
  }
  let isProbe = false
  return {
    forwarding: pool.forwarding,
    upstream,
    target,
    headersMs: pool.options.timeoutMs + (heldMs ?? 0),
    isBeside: isHeld || pool.options.beside?.(target) === true,
    waits: isHeld && heldMs > 0,
    begun() {
      isProbe = upstream.breaker.begin()
      count(1)
    },
    over(isBroken) {
      count(-1)
      if (isBroken) noteFailure(upstream, new PeerFailure('broken'))
      else if (told.isAnswered) upstream.breaker.succeeded()
      // Where it failed, that is noted at once.
      else upstream.breaker.abandoned(isProbe)
      closeIfOver(pool)
    },
    answered(isStopping) {
      told.isAnswered = true
      told.isStopping = isStopping
      // A stream may go on for days.
      if (isHeld) upstream.breaker.succeeded()
    },
  }
}

/** The kind alone is told in /health: messages may name hosts. */
const noteFailure = (upstream: Upstream, { kind }: PeerFailure): void => {
  upstream.breaker.failed()
  upstream.lastError = kind
  upstream.lastErrorAt = new Date().toISOString()
}
