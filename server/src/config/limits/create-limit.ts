import { type CreateLimitInput, isException, type Limit, policyOf } from '../../../../contract/limit.ts'
import { Problem } from '../../../../contract/problems.ts'
import { requireWholeFleet } from '../../platform/auth/authenticate.ts'
import type { Answer } from '../../platform/idempotency/once.ts'
import type { Scope } from '../change.ts'
import {
  countLimits,
  drawLimitsRevision,
  findPolicy,
  insertLimit,
  type LimitRow,
  toLimit,
} from '../store/limits.ts'
import { answerWithLimit } from './answer-with-limit.ts'
import { checkLimit, type NextLimit } from './check-limit.ts'
import { noSuchLimit } from './read-limit.ts'
import { refuseUnknownKeys } from './refuse-unknown-keys.ts'

/** Each policy is one more thing to decide for every request. */
const policiesMost = 32
/** All of them are held by each gateway. */
const limitsMost = 1_000

/** Makes a limit, or an exception to one. Throws 403, 404 (the policy, or a key), 409 or 422. */
export const createLimit = async (scope: Scope, input: CreateLimitInput): Promise<Answer> => {
  requireWholeFleet(scope.actor, 'a rate limit')
  const { name } = input
  const revision = await drawLimitsRevision(scope.db)
  const family = await findPolicy(scope.db, policyOf(name))
  if (family.some((row) => row.name === name)) {
    throw new Problem('limit_exists', {
      detail: `There is a limit ${name}. Change it: PATCH /manage/v1/limits/${name}; or choose another name.`,
    })
  }
  await refuseTooMany(scope, name)
  const next = completed(input, family)
  checkLimit(next, family.map(toLimit))
  await refuseUnknownKeys(scope.db, next.keyIds)
  await insertLimit(scope.db, next, revision)
  const answer = await answerWithLimit(scope, name, { action: 'limit.create', before: null })
  return { ...answer, status: 201, headers: { ...answer.headers, location: `/manage/v1/limits/${name}` } }
}

/** With what a policy need not say, or an exception takes over from its policy. */
const completed = (input: CreateLimitInput, family: readonly LimitRow[]): NextLimit => {
  // That a policy tells what it counts is seen to by the contract.
  const {
    per = 'ip',
    routeClass = 'any',
    cost = 1,
    mode = 'shared',
  } = isException(input.name) ? policyOrThrow(policyOf(input.name), family) : input
  return { ...input, per, routeClass, cost, mode }
}

const policyOrThrow = (policy: string, family: readonly LimitRow[]): Limit => {
  const row = family.find(({ name }) => name === policy)
  if (!row) throw noSuchLimit(policy)
  return toLimit(row)
}

const refuseTooMany = async ({ db }: Scope, name: string): Promise<void> => {
  const { policies, all } = await countLimits(db)
  if (all < limitsMost && (isException(name) || policies < policiesMost)) return
  throw new Problem('too_many_limits', {
    detail: `There are ${policies} policies and ${all - policies} exceptions; there can be ${policiesMost} policies, and ${limitsMost} limits in all. Remove one, or put more keys or apps into one exception.`,
  })
}
