import type { Problem, ProblemCode } from '../../../../contract/problems.ts'
import { readableProblem } from './cors.ts'
import { toProblem } from './problem-response.ts'

/** What OpenFeature calls our problems; all others are GENERAL. */
const errorCodes: Partial<Record<ProblemCode, string>> = {
  invalid_json: 'PARSE_ERROR',
  invalid_request: 'INVALID_CONTEXT',
  flag_not_found: 'FLAG_NOT_FOUND',
}

/** What was thrown, as a Problem with the members that a client of OFREP looks for; `key` is that of the one flag asked for. */
export const evaluationProblem = (error: unknown, key: string | null): Problem => {
  const problem = toProblem(error)
  return readableProblem(problem, {
    ...(key !== null && { key }),
    errorCode: errorCodes[problem.code] ?? 'GENERAL',
    errorDetails: problem.message,
  })
}
