import { Problem, type ProblemCode } from '../../../../contract/problems.ts'
import { corsHeaders } from './cors.ts'
import { toProblem } from './problem-response.ts'

/** What OpenFeature calls our problems; all others are GENERAL. */
const errorCodes: Partial<Record<ProblemCode, string>> = {
  invalid_json: 'PARSE_ERROR',
  invalid_request: 'INVALID_CONTEXT',
  flag_not_found: 'FLAG_NOT_FOUND',
}

/** What was thrown, as a Problem with the members that a client of OFREP looks for; `key` is that of the one flag asked for. */
export const evaluationProblem = (error: unknown, key: string | null): Problem => {
  const { code, message, headers, errors, cause } = toProblem(error)
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
