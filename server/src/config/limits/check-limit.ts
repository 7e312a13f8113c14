import { type Cost, isException, type Limit } from '../../../../contract/limit.ts'
import { Problem, type ProblemError, problemOf } from '../../../../contract/problems.ts'

/** A limit as it would be, with what it takes over from its policy. */
export type NextLimit = Omit<Limit, 'policy' | 'revision' | 'createdAt' | 'updatedAt'>

const highestCost = (cost: Cost): number =>
  typeof cost === 'number' ? cost : Math.max(...Object.values(cost).map((each) => each ?? 1), 1)

/** For whom an exception is: for keys or for apps, so that never two of one kind could be meant. */
const findForNobody = ({ name, keyIds, appIds }: NextLimit): ProblemError[] => {
  if (!isException(name) || (keyIds === null) !== (appIds === null)) return []
  const detail = 'an exception is for some keys or for some apps: give one of keyIds and appIds'
  return [{ code: 'invalid_field', pointer: keyIds === null ? '/keyIds' : '/appIds', detail }]
}

/** Where a request could cost more than there is, none of its kind would ever be let in. */
const findTooCostly = (next: NextLimit, family: readonly NextLimit[]): ProblemError[] => {
  const cost = highestCost(next.cost)
  if (cost > next.quota) {
    const detail = `a request may cost ${cost} here, so with a quota of ${next.quota} it would never be let in`
    return [{ code: 'invalid_field', pointer: '/quota', detail }]
  }
  const below = isException(next.name) ? undefined : family.find(({ quota }) => quota < cost)
  if (!below) return []
  const detail = `the exception ${below.name} has a quota of ${below.quota}, so a request for ${cost} would never be let in`
  return [{ code: 'invalid_field', pointer: '/cost', detail }]
}

const findCommon = (one: readonly string[] | null, other: readonly string[] | null): string | undefined =>
  one?.find((id) => other?.includes(id))

/**
 * Throws 422 for what is no limit as a whole, or 409 where another exception to the same policy is for the same key or app:
 * which of them counts would be a matter of luck. `family` are the policy and its exceptions without this limit.
 */
export const checkLimit = (next: NextLimit, family: readonly NextLimit[]): void => {
  const errors = [...findForNobody(next), ...findTooCostly(next, family)]
  if (errors.length > 0) throw problemOf(errors)
  if (!isException(next.name)) return
  for (const other of family.filter(({ name }) => isException(name))) {
    const common = findCommon(next.keyIds, other.keyIds) ?? findCommon(next.appIds, other.appIds)
    if (common === undefined) continue
    throw new Problem('limit_overlaps', {
      detail: `The exception ${other.name} is for ${common} too. Change it first, or leave ${common} out here.`,
    })
  }
}
