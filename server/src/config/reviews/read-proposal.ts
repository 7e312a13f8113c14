import type { Proposal } from '../../../../contract/review.ts'
import type { Reader } from '../apps/find-app.ts'
import { toProposal } from '../store/proposals.ts'
import { findProposalOrThrow } from './find-proposal.ts'

/** A proposal with its comments. Throws 403 or 404. */
export const readProposal = async (reader: Reader, proposalId: number): Promise<Proposal> =>
  toProposal(reader.db, await findProposalOrThrow(reader, proposalId))
