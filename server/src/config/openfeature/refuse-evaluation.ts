import { Problem } from '../../../../contract/problems.ts'
import { evaluationProblem } from '../../platform/http/evaluation-problem.ts'
import { refuse } from '../delivery/refusals.ts'

/** Answers a refusal; a fault of ours goes on to be logged, and is answered in the same form. */
export const refuseEvaluation = (request: Request, error: unknown, key: string | null): Response => {
  const problem = evaluationProblem(error, key)
  if (!(error instanceof Problem)) throw problem
  return refuse(request, problem, true)
}
