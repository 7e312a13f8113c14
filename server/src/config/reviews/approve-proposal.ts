import { Problem } from '../../../../contract/problems.ts'
import type { PublishReleaseInput } from '../../../../contract/release.ts'
import type { DecisionInput } from '../../../../contract/review.ts'
import type { Answer } from '../../platform/idempotency/once.ts'
import { lockAppOrThrow, refuseArchived } from '../apps/find-app.ts'
import { lockChainAbove } from '../apps/lock-chain.ts'
import type { Scope } from '../change.ts'
import { findTarget } from '../releases/find-target.ts'
import { releaseApp } from '../releases/publish-release.ts'
import type { AppRow } from '../store/apps.ts'
import { decideProposal, insertComment, type ProposalRow, toProposal } from '../store/proposals.ts'
import { findLiveRelease } from '../store/releases.ts'
import { isProposer, lockOpenProposal } from './find-proposal.ts'

/**
 * Approves a proposal: it is released now, as its proposer's release, in the same transaction. Throws 403, 404, 409 (also for
 * the proposer), 412 (something else went live since it was proposed, and no If-Match says that this is known; or it would
 * stand on a template that nobody saw with it) or 422.
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
  const app = await lockAppOrThrow(scope, row.app_id)
  refuseArchived(app)
  await lockChainAbove(scope, row.app_id)
  await refuseMoved(scope, app, row, ifMatch)
  // History names the proposer; the audit log, which this scope writes to, whoever approved. A proposal says what it is based on.
  const onBehalf: Scope = { ...scope, actor: { ...scope.actor, name: row.actor }, requiresIfMatch: false }
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

/** Throws 412 where what is live, or what would go live, is no longer what the proposer and the approver saw. */
const refuseMoved = async (
  { db }: Scope,
  app: AppRow,
  row: ProposalRow,
  ifMatch: string | undefined,
): Promise<void> => {
  const { app_id: appId, channel } = row
  const live = await findLiveRelease(db, appId, channel)
  if (ifMatch === undefined && (live?.revision ?? null) !== row.live_revision) {
    const now = `"${live?.revision}"`
    throw new Problem('revision_mismatch', {
      detail: `When this was proposed, ${row.live_revision ?? 'nothing'} was live on ${channel} of ${appId}; it is ${now} now. Look at what has changed, then approve with If-Match: ${now}.`,
      headers: { etag: now },
    })
  }
  const { target } = await findTarget(db, app, whatWasProposed(row))
  const isKnown = ifMatch !== undefined && target.baseRevision === live?.base_revision
  if (target.baseRevision === row.base_revision || isKnown) return
  throw new Problem('revision_mismatch', {
    detail: `This would go live on another release of a template than when it was proposed, and nobody has seen that: ${appId} ${app.extends === null ? 'extends nothing' : `extends ${app.extends}`} now. Reject it, and propose it again.`,
  })
}

/** Another version may be live by now on the channel it was promoted from: what was seen then is what goes live. */
const whatWasProposed = ({ release, channel, version }: ProposalRow): PublishReleaseInput => {
  if (release.promoteFrom === undefined) return release
  const { promoteFrom: _, ...rest } = release
  return { ...rest, configVersion: version, channel }
}
