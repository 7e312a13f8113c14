import { Problem, problemBody } from '../../../../contract/problems.ts'
import { isStoreUnavailable } from '../database/errors.ts'
import { contextOf, takeRequestId } from './request-context.ts'
import { apiSecurity } from './security-headers.ts'

/** Any thrown value as a Problem: ours as it is, a store that is away as 503, all else as an internal error. */
export const toProblem = (error: unknown): Problem => {
  if (error instanceof Problem) return error
  if (isStoreUnavailable(error)) {
    return new Problem('store_unavailable', {
      detail:
        'The database does not answer now. Nothing was changed, or it was changed as a whole: repeat the request.',
      headers: { 'retry-after': '2' },
      cause: error,
    })
  }
  return new Problem('internal_error', {
    detail: 'The fault is on our side and is in the log under this request id.',
    cause: error,
  })
}

/** The problem+json answer (RFC 9457); never cached unless the problem's own headers say so. */
export const problemResponse = (problem: Problem, request: Request): Response => {
  const requestId = takeRequestId(request)
  contextOf(request).problem = problem.code
  return new Response(JSON.stringify(problemBody(problem, requestId)), {
    status: problem.status,
    headers: {
      'content-type': 'application/problem+json; charset=utf-8',
      'cache-control': 'no-store',
      ...apiSecurity,
      'x-request-id': requestId,
      ...problem.headers,
    },
  })
}
