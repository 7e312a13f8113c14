import { Problem, type ProblemCode } from '../../../../contract/problems.ts'
import { corsHeaders } from '../../platform/http/cors.ts'
import { toProblem } from '../../platform/http/problem-response.ts'
import { refuse } from '../delivery/refusals.ts'

/** What OpenFeature calls our problems; all others are GENERAL. */
const errorCodes: Partial<Record<ProblemCode, string>> = {
  invalid_json: 'PARSE_ERROR',
  invalid_request: 'INVALID_CONTEXT',
  flag_not_found: 'FLAG_NOT_FOUND',
}

/** The members that a client of OFREP looks for in a problem. */
export const withErrorCode = (problem: Problem, key: string | null): Problem => {
  const { code, message, headers, errors, cause } = problem
  return new Problem(code, {
    detail: message,
    members: {
      ...(key !== null && { key }),
      errorCode: errorCodes[code] ?? 'GENERAL',
      errorDetails: message,
    },
    headers: { ...corsHeaders, ...headers },
    cause,
    ...(errors && { errors }),
  })
}

/** Answers a refusal; a fault of ours goes on to be logged, and is answered in the same form. */
export const refuseEvaluation = (request: Request, error: unknown, key: string | null): Response => {
  const problem = withErrorCode(toProblem(error), key)
  if (!(error instanceof Problem)) throw problem
  return refuse(request, problem, true)
}
