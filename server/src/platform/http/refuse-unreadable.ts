import { randomUUID } from 'node:crypto'
import { Problem, type ProblemCode, problemBody } from '../../../../contract/problems.ts'
import { apiSecurity } from './security-headers.ts'

/** Told of what was refused before it became a request. */
export type OnUnreadable = (problem: Problem, requestId: string) => void

/** The answer to what never becomes a Request, and so has no context: the same problem+json as all others. */
export const refuseUnreadable = (
  code: ProblemCode,
  detail: string,
  onUnreadable: OnUnreadable,
): { status: number; headers: Record<string, string>; body: string } => {
  const problem = new Problem(code, { detail })
  const requestId = randomUUID().replaceAll('-', '')
  onUnreadable(problem, requestId)
  return {
    status: problem.status,
    headers: {
      'content-type': 'application/problem+json; charset=utf-8',
      'cache-control': 'no-store',
      ...apiSecurity,
      'x-request-id': requestId,
    },
    body: JSON.stringify(problemBody(problem, requestId)),
  }
}

/** What is wrong when the runtime could read the bytes but no URL can be made of them. */
export const badAddress = 'The request line or the Host header is not valid.'
