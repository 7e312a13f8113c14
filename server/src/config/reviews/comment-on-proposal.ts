import type { Answer } from '../../platform/idempotency/once.ts'
import type { Scope } from '../change.ts'
import { insertComment, toProposal } from '../store/proposals.ts'
import { findProposalOrThrow } from './find-proposal.ts'

/** Adds a comment, also after the decision. Throws 403 or 404. */
export const commentOnProposal = async (scope: Scope, proposalId: number, text: string): Promise<Answer> => {
  const row = await findProposalOrThrow(scope, proposalId)
  const before = await toProposal(scope.db, row)
  await insertComment(scope.db, { proposalId, actor: scope.actor.name, text })
  const after = await toProposal(scope.db, row)
  await scope.audit({
    action: 'proposal.comment',
    appId: row.app_id,
    target: String(proposalId),
    before: { comments: before.comments },
    after: { comments: after.comments },
  })
  return { status: 201, headers: {}, body: after }
}
