import type { AuditCheck } from '../../../../contract/audit.ts'
import type { ChainPlace } from '../../platform/audit/check-page.ts'
import { verifyChain } from '../../platform/audit/verify-chain.ts'
import { requireWholeFleet } from '../../platform/auth/authenticate.ts'
import type { Reader } from '../apps/find-app.ts'

/** Well below what a gateway waits for an answer. */
const budgetMs = 3_000

/** `41:9f86…`, checked by the operation already. */
const placeOf = (text: string | undefined): ChainPlace | undefined => {
  if (text === undefined) return undefined
  const [id, hash = ''] = text.split(':')
  return { id: Number(id), hash }
}

/** Checks the audit log, as far as it comes in a few seconds. Throws 403 for a token that is not for the whole fleet. */
export const verifyAudit = async (
  { db, actor }: Reader,
  query: { since?: string | undefined; after?: string | undefined },
): Promise<AuditCheck> => {
  requireWholeFleet(actor, 'a check of the audit log')
  return verifyChain(db, { since: placeOf(query.since), after: placeOf(query.after), budgetMs })
}
