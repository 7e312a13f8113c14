import type { Limit } from '../../../../contract/limit.ts'
import { Problem } from '../../../../contract/problems.ts'
import { requireWholeFleet } from '../../platform/auth/authenticate.ts'
import type { Reader } from '../apps/find-app.ts'
import { findLimit, toLimit } from '../store/limits.ts'

export const noSuchLimit = (name: string): Problem =>
  new Problem('limit_not_found', {
    detail: `There is no limit ${name}; GET /manage/v1/limits lists those there are.`,
  })

/** A limit. Throws 403 or 404. */
export const readLimit = async ({ db, actor }: Reader, name: string): Promise<Limit> => {
  requireWholeFleet(actor, 'a rate limit')
  const row = await findLimit(db, name)
  if (!row) throw noSuchLimit(name)
  return toLimit(row)
}
