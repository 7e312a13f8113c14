import { operations as on } from '../../../../contract/operations/operations.ts'
import { jsonResponse } from '../../platform/http/answers.ts'
import type { AddRoutes } from '../app.ts'
import { approveProposal } from './approve-proposal.ts'
import { commentOnProposal } from './comment-on-proposal.ts'
import { listProposals } from './list-proposals.ts'
import { proposeRelease } from './propose-release.ts'
import { readProposal } from './read-proposal.ts'
import { rejectProposal } from './reject-proposal.ts'

export const addProposalRoutes: AddRoutes = (bind, { db, change }) => {
  bind(on.proposeRelease, (input) =>
    change(input, (scope) => proposeRelease(scope, input.params.appId, input.body)),
  )
  bind(on.listProposals, async ({ query, actor }) => jsonResponse(await listProposals({ db, actor }, query)))
  bind(on.readProposal, async ({ params, actor }) =>
    jsonResponse(await readProposal({ db, actor }, params.proposalId)),
  )
  bind(on.approveProposal, (input) =>
    change(input, (scope) =>
      approveProposal(scope, input.params.proposalId, input.body, input.headers['if-match']),
    ),
  )
  bind(on.rejectProposal, (input) =>
    change(input, (scope) => rejectProposal(scope, input.params.proposalId, input.body)),
  )
  bind(on.commentOnProposal, (input) =>
    change(input, (scope) => commentOnProposal(scope, input.params.proposalId, input.body.comment)),
  )
}
