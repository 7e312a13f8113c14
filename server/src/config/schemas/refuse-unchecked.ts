import { Problem, type ProblemCode } from '../../../../contract/problems.ts'
import { CheckGivenUp } from './checks.ts'

/** Throws a 422 where a check was given up; `nameOf` says what was checked then. */
export const refuseUnchecked = <Result>(
  check: Promise<Result>,
  code: ProblemCode,
  nameOf: (index: number) => string,
): Promise<Result> =>
  check.catch((error) => {
    if (!(error instanceof CheckGivenUp)) throw error
    throw new Problem(code, {
      detail: `Checking ${nameOf(error.index)} ${error.message}. Make the schema simpler, above all its uniqueItems, anyOf and patterns, or the data smaller.`,
    })
  })
