import { Problem } from '../../../../contract/problems.ts'
import type { PublishReleaseInput } from '../../../../contract/release.ts'
import type { DecisionInput } from '../../../../contract/review.ts'
import type { Answer } from '../../platform/idempotency/once.ts'
import { lockAppOrThrow } from '../apps/find-app.ts'
import type { Scope } from '../change.ts'
import { releaseApp } from '../releases/publish-release.ts'
import { decideProposal, insertComment, type ProposalRow, toProposal } from '../store/proposals.ts'
import { findLiveRelease } from '../store/releases.ts'
import { isProposer, lockOpenProposal } from './find-proposal.ts'

/**
 * Approves a proposal: it is released now, as its proposer's release, in the same transaction. Throws 403, 404, 409 (also for
 * the proposer), 412 (something else went live since it was proposed, and no If-Match says that this is known) or 422.
 */
export const approveProposal = async (
  scope: Scope,
  proposalId: number,
  { comment }: DecisionInput,
  ifMatch: string | undefined,
): Promise<Answer> => {
  const row = await lockOpenProposal(scope, proposalId)
  const { name } = scope.actor
  if (isProposer(row, name)) {
    throw new Problem('approval_required', {
      detail: `${name} proposed this, so another person must approve it. To take it back: POST /manage/v1/proposals/${proposalId}/reject.`,
    })
  }
  const before = await toProposal(scope.db, row)
  await lockAppOrThrow(scope, row.app_id)
  if (ifMatch === undefined) await refuseMoved(scope, row)
  // History names the proposer; the audit log, which this scope writes to, whoever approved.
  const onBehalf: Scope = { ...scope, actor: { ...scope.actor, name: row.actor } }
  const { revision } = await releaseApp(onBehalf, row.app_id, whatWasProposed(row), {
    ifMatch,
    isApproved: true,
  })
  const decided = await decideProposal(scope.db, proposalId, { state: 'released', revision, decidedBy: name })
  if (comment !== undefined) await insertComment(scope.db, { proposalId, actor: name, text: comment })
  const after = await toProposal(scope.db, decided)
  await scope.audit({
    action: 'proposal.approve',
    appId: row.app_id,
    target: String(proposalId),
    before,
    after,
    reason: comment ?? null,
  })
  return { status: 200, headers: {}, body: after }
}

/** Throws 412 where what is live is no longer what the proposer, and the approver who read it, saw. */
const refuseMoved = async ({ db }: Scope, row: ProposalRow): Promise<void> => {
  const live = await findLiveRelease(db, row.app_id, row.channel)
  if ((live?.revision ?? null) === row.live_revision) return
  const now = `"${live?.revision}"`
  throw new Problem('revision_mismatch', {
    detail: `When this was proposed, ${row.live_revision ?? 'nothing'} was live on ${row.channel} of ${row.app_id}; it is ${now} now. Look at what has changed, then approve with If-Match: ${now}.`,
    headers: { etag: now },
  })
}

/** Another version may be live by now on the channel it was promoted from: what was seen then is what goes live. */
const whatWasProposed = ({ release, channel, version }: ProposalRow): PublishReleaseInput => {
  if (release.promoteFrom === undefined) return release
  const { promoteFrom: _, ...rest } = release
  return { ...rest, configVersion: version, channel }
}
