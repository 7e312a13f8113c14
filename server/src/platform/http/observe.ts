import type { Problem } from '../../../../contract/problems.ts'
import type { Log } from '../log/open-log.ts'
import type { Peer } from '../peers/peer.ts'
import { problemResponse, toProblem } from './problem-response.ts'
import { contextOf } from './request-context.ts'

/** A line for a fault of ours, with the cause that the caller does not get. */
export const logFault =
  (log: Log) =>
  (problem: Problem, request: Request): void => {
    const { requestId, traceId } = contextOf(request)
    const cause = problem.cause instanceof Error ? problem.cause : undefined
    log[problem.code === 'internal_error' ? 'error' : 'warn'](
      { requestId, traceId, code: problem.code, err: cause ?? problem },
      'fault',
    )
  }

/** A line for what was refused before it became a request: it has no method and no path that can be trusted. */
export const logUnreadable =
  (log: Log) =>
  ({ status, code }: Problem, requestId: string): void =>
    log.info({ requestId, status, code }, 'request')

/**
 * The outermost layer of a process: every request gets its id, exactly one log line, and an answer whatever happens
 * inside. A synchronous answer stays synchronous.
 */
export const observe = (peer: Peer, log: Log): Peer => {
  const fault = logFault(log)
  const recover = (error: unknown, request: Request): Response => {
    const problem = toProblem(error)
    if (problem.status >= 500) fault(problem, request)
    return problemResponse(problem, request)
  }
  const finish = (request: Request, startedAt: number, response: Response): Response => {
    if (log.isLevelEnabled('info')) logRequest(log, request, response.status, startedAt)
    const context = contextOf(request)
    if (!context.idSent) response.headers.set('x-request-id', context.requestId)
    return response
  }
  return (request) => {
    const startedAt = log.isLevelEnabled('info') ? performance.now() : 0
    try {
      const answer = peer(request)
      if (answer instanceof Response) return finish(request, startedAt, answer)
      return answer
        .catch((error) => recover(error, request))
        .then((response) => finish(request, startedAt, response))
    } catch (error) {
      return finish(request, startedAt, recover(error, request))
    }
  }
}

/** Only the path is logged: a query or a header may hold what belongs to a user. */
const logRequest = (log: Log, request: Request, status: number, startedAt: number): void => {
  const { requestId, traceId } = contextOf(request)
  log.info(
    {
      requestId,
      traceId,
      method: request.method,
      path: pathOf(request.url),
      status,
      durationMs: Math.round((performance.now() - startedAt) * 1000) / 1000,
    },
    'request',
  )
}

/** The path of an absolute URL, without building a URL object: this runs for every request. */
export const pathOf = (url: string): string => {
  const start = url.indexOf('/', url.indexOf('//') + 2)
  if (start < 0) return '/'
  const query = url.indexOf('?', start)
  return query < 0 ? url.slice(start) : url.slice(start, query)
}
