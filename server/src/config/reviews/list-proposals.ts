import type { Proposal } from '../../../../contract/review.ts'
import { decodeCursor, toPage } from '../../platform/http/cursor.ts'
import type { Reader } from '../apps/find-app.ts'
import { listProposalRows, toListedProposal } from '../store/proposals.ts'

interface Query {
  limit: number
  cursor?: string | undefined
  appId?: string | undefined
  state?: Proposal['state'] | undefined
}

/** A page of proposals for apps that the actor's token is for, newest first, without comments. */
export const listProposals = async (
  { db, actor }: Reader,
  { limit, cursor, appId, state }: Query,
): Promise<{ items: Omit<Proposal, 'comments'>[]; nextCursor: string | null }> => {
  const before = decodeCursor(cursor, 'number')
  const rows = await listProposalRows(db, actor.scope, { before, limit: limit + 1, appId, state })
  return toPage(rows, limit, (row) => row.proposal_id, toListedProposal)
}
