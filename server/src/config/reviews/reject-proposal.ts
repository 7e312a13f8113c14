import type { DecisionInput } from '../../../../contract/review.ts'
import { requireRole } from '../../platform/auth/authenticate.ts'
import type { Answer } from '../../platform/idempotency/once.ts'
import type { Scope } from '../change.ts'
import { decideProposal, insertComment, toProposal } from '../store/proposals.ts'
import { isProposer, lockOpenProposal } from './find-proposal.ts'

/** Rejects a proposal, which takes a publisher; for whoever proposed it, withdraws it. Throws 403, 404 or 409. */
export const rejectProposal = async (
  scope: Scope,
  proposalId: number,
  { comment }: DecisionInput,
): Promise<Answer> => {
  const row = await lockOpenProposal(scope, proposalId)
  const { name } = scope.actor
  const state = isProposer(row, name) ? 'withdrawn' : 'rejected'
  if (state === 'rejected') requireRole(scope.actor, 'publisher', 'to reject what another person proposed')
  const before = await toProposal(scope.db, row)
  const decided = await decideProposal(scope.db, proposalId, { state, revision: null, decidedBy: name })
  if (comment !== undefined) await insertComment(scope.db, { proposalId, actor: name, text: comment })
  const after = await toProposal(scope.db, decided)
  await scope.audit({
    action: state === 'rejected' ? 'proposal.reject' : 'proposal.withdraw',
    appId: row.app_id,
    target: String(proposalId),
    before,
    after,
    reason: comment ?? null,
  })
  return { status: 200, headers: {}, body: after }
}
