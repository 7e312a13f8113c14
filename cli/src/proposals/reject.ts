import { defineAskingCommand } from '../asking-command.ts'
import { proposalText } from './proposal-text.ts'

export const command = defineAskingCommand({
  summary: 'Reject a proposal, or withdraw one of your own.',
  takes: ['proposalId'],
  options: { comment: { type: 'string', value: 'text', doc: 'why' } },
  examples: ['parasol proposals reject 3 --comment "Not before Monday"'],
  run: async ({ proposalId, comment }, { client, print }) => {
    const proposal = await client.ask('POST /manage/v1/proposals/{proposalId}/reject', {
      params: { proposalId },
      body: { comment },
    })
    print.document(proposal, () => proposalText(proposal))
  },
})
