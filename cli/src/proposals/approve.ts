import { defineAskingCommand } from '../asking-command.ts'
import { proposalText } from './proposal-text.ts'

export const command = defineAskingCommand({
  summary: 'Approve a proposal of another person: it is released now.',
  takes: ['proposalId'],
  options: { comment: { type: 'string', value: 'text', doc: 'why' } },
  examples: ['parasol proposals approve 3 --comment "Looks good"'],
  run: async ({ proposalId, comment }, { client, print }) => {
    const proposal = await client.ask('POST /manage/v1/proposals/{proposalId}/approve', {
      params: { proposalId },
      body: { comment },
    })
    print.document(proposal, () => proposalText(proposal))
  },
})
