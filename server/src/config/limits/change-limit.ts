import { type ChangeLimitInput, inherited, isException, policyOf } from '../../../../contract/limit.ts'
import { problemOf } from '../../../../contract/problems.ts'
import { requireWholeFleet } from '../../platform/auth/authenticate.ts'
import { checkIfMatch } from '../../platform/http/if-match.ts'
import type { Answer } from '../../platform/idempotency/once.ts'
import type { Scope } from '../change.ts'
import { drawLimitsRevision, findPolicy, toLimit, updateLimit } from '../store/limits.ts'
import { answerWithLimit } from './answer-with-limit.ts'
import { checkLimit, type NextLimit } from './check-limit.ts'
import { noSuchLimit } from './read-limit.ts'
import { refuseUnknownKeys } from './refuse-unknown-keys.ts'

/** Changes a limit; gateways hear of it after the commit. Throws 403, 404, 409, 412, 422 or 428. */
export const changeLimit = async (
  scope: Scope,
  name: string,
  input: ChangeLimitInput,
  ifMatch: string | undefined,
): Promise<Answer> => {
  requireWholeFleet(scope.actor, 'a rate limit')
  const revision = await drawLimitsRevision(scope.db)
  const family = (await findPolicy(scope.db, policyOf(name))).map(toLimit)
  const before = family.find((limit) => limit.name === name)
  if (!before) throw noSuchLimit(name)
  checkIfMatch(ifMatch, before.revision, { required: scope.requiresIfMatch })
  refuseInherited(name, input)
  const next: NextLimit = { ...before, ...(input as Partial<NextLimit>) }
  checkLimit(
    next,
    family.filter((limit) => limit !== before),
  )
  await refuseUnknownKeys(scope.db, input.keyIds)
  await updateLimit(scope.db, next, revision)
  return answerWithLimit(scope, name, { action: 'limit.change', before })
}

const refuseInherited = (name: string, input: ChangeLimitInput): void => {
  const given = isException(name) ? inherited.filter((field) => input[field] !== undefined) : []
  if (given.length === 0) return
  const detail = `the exception takes this over from ${policyOf(name)}; change it there`
  throw problemOf(given.map((field) => ({ code: 'invalid_field', pointer: `/${field}`, detail })))
}
