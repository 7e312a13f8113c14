import type { ProposalInput } from '../../../../contract/review.ts'
import type { Answer } from '../../platform/idempotency/once.ts'
import { findAppOrThrow, refuseArchived } from '../apps/find-app.ts'
import type { Scope } from '../change.ts'
import { findTarget } from '../releases/find-target.ts'
import { insertComment, insertProposal, toProposal } from '../store/proposals.ts'
import { findLiveRelease } from '../store/releases.ts'

/**
 * Proposes a release for another person to approve. What it would bring is fixed now, so that what is approved is what was
 * proposed; whether it may go live is asked when it is approved. Throws 403, 404 or 409.
 */
export const proposeRelease = async (
  scope: Scope,
  appId: string,
  { release, comment }: ProposalInput,
): Promise<Answer> => {
  const app = await findAppOrThrow(scope, appId)
  refuseArchived(app)
  const { target } = await findTarget(scope.db, app, release)
  const live = await findLiveRelease(scope.db, appId, target.channel)
  const actor = scope.actor.name
  const row = await insertProposal(scope.db, {
    appId,
    release,
    channel: target.channel,
    version: target.version,
    baseRevision: target.baseRevision,
    liveRevision: live?.revision ?? null,
    actor,
  })
  const proposalId = row.proposal_id
  if (comment !== undefined) await insertComment(scope.db, { proposalId, actor, text: comment })
  const proposal = await toProposal(scope.db, row)
  await scope.audit({
    action: 'proposal.create',
    appId,
    target: String(proposalId),
    before: null,
    after: proposal,
    reason: release.reason ?? null,
  })
  return { status: 201, headers: { location: `/manage/v1/proposals/${proposalId}` }, body: proposal }
}
