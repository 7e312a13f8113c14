import type { Problem } from '../../../../contract/problems.ts'
import type { Log } from '../log/open-log.ts'
import type { Peer } from '../peers/peer.ts'
import { createTelemetry, type Telemetry } from '../telemetry/telemetry.ts'
import { type AccessLogOptions, createAccessLog, firstOfSecond, refusalsPerSecond } from './access-log.ts'
import { addHeader } from './prepared-answer.ts'
import { problemResponse, toProblem } from './problem-response.ts'
import { contextOf } from './request-context.ts'

/** A line for a fault of ours, with the cause that the caller does not get. */
export const logFault =
  (log: Log) =>
  (problem: Problem, request: Request): void => {
    const { requestId, traceId, spanId } = contextOf(request)
    const cause = problem.cause instanceof Error ? problem.cause : undefined
    log[problem.code === 'internal_error' ? 'error' : 'warn'](
      { requestId, traceId, spanId, code: problem.code, err: cause ?? problem },
      'fault',
    )
  }

/** A line for what was refused before it became a request: it has no method and no path that can be trusted. */
export const logUnreadable = (log: Log): ((problem: Problem, requestId: string) => void) => {
  const isFirst = firstOfSecond(refusalsPerSecond)
  return ({ status, code }, requestId) => {
    if (isFirst(performance.now())) log.info({ requestId, status, code }, 'request')
  }
}

const everyRequest: AccessLogOptions = { accessLogOneIn: 1, logAddresses: 'truncated' }

/**
 * The outermost layer of a process: every request gets its id, at most one log line, is counted, and gets an answer whatever
 * happens inside. A synchronous answer stays synchronous.
 */
export const observe = (
  peer: Peer,
  log: Log,
  options: AccessLogOptions = everyRequest,
  { requests, tracing }: Pick<Telemetry, 'requests' | 'tracing'> = createTelemetry(),
): Peer => {
  const fault = logFault(log)
  const accessLog = createAccessLog(log, options)
  const recover = (error: unknown, request: Request): Response => {
    const problem = toProblem(error)
    if (problem.status >= 500) fault(problem, request)
    return problemResponse(problem, request)
  }
  const finish = (request: Request, startedAt: number, loggedFrom: number, response: Response): Response => {
    const context = contextOf(request)
    requests.note(request, context, response.status, (context.answeredAt ?? performance.now()) - startedAt)
    if (loggedFrom > 0) accessLog.write(request, pathOf(request.url), response.status, loggedFrom)
    const { idSent, requestId, strictTransport } = context
    if (!idSent) addHeader(response, 'x-request-id', requestId)
    if (strictTransport !== undefined) addHeader(response, 'strict-transport-security', strictTransport)
    return response
  }
  const observed: Peer = (request) => {
    const loggedFrom = accessLog.begin()
    const startedAt = loggedFrom || performance.now()
    contextOf(request).startedAt = startedAt
    try {
      const answer = peer(request)
      if (answer instanceof Response) return finish(request, startedAt, loggedFrom, answer)
      requests.waiting(request, 1)
      return answer
        .catch((error) => recover(error, request))
        .then((response) => {
          requests.waiting(request, -1)
          return finish(request, startedAt, loggedFrom, response)
        })
    } catch (error) {
      return finish(request, startedAt, loggedFrom, recover(error, request))
    }
  }
  return tracing ? tracing.serve(observed) : observed
}

/** The path of an absolute URL, without building a URL object: this runs for every request. */
export const pathOf = (url: string): string => {
  const start = url.indexOf('/', url.indexOf('//') + 2)
  if (start < 0) return '/'
  const query = url.indexOf('?', start)
  return query < 0 ? url.slice(start) : url.slice(start, query)
}
