import { Problem } from '../../../../contract/problems.ts'
import { findAppOrThrow, type Reader } from '../apps/find-app.ts'
import type { Scope } from '../change.ts'
import { findProposal, lockProposal, type ProposalRow } from '../store/proposals.ts'

const unknownProposal = (proposalId: number): Problem =>
  new Problem('proposal_not_found', {
    detail: `There is no proposal ${proposalId}; GET /manage/v1/proposals lists those there are.`,
  })

/** The proposal; throws 404, or 403 where the actor's token is not for its app. */
export const findProposalOrThrow = async (reader: Reader, proposalId: number): Promise<ProposalRow> => {
  const row = await findProposal(reader.db, proposalId)
  if (!row) throw unknownProposal(proposalId)
  await findAppOrThrow(reader, row.app_id)
  return row
}

/** A proposal that waits for a decision, with everybody else kept from deciding it. Throws 403, 404 or 409. */
export const lockOpenProposal = async (scope: Scope, proposalId: number): Promise<ProposalRow> => {
  const row = await lockProposal(scope.db, proposalId)
  if (!row) throw unknownProposal(proposalId)
  await findAppOrThrow(scope, row.app_id)
  if (row.state === 'open') return row
  throw new Problem('already_decided', {
    detail: `Proposal ${proposalId} was ${row.state} by ${row.decided_by} at ${row.decided_at?.toISOString()}.`,
  })
}

/** Names of keys are one whatever their case, so these are too. */
export const isProposer = (row: ProposalRow, name: string): boolean =>
  row.actor.toLowerCase() === name.toLowerCase()
