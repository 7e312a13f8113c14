import { defineAskingCommand } from '../asking-command.ts'
import { proposalText } from './proposal-text.ts'

export const command = defineAskingCommand({
  summary: 'Show a proposed release, and what was said of it.',
  takes: ['proposalId'],
  examples: ['parasol proposals show 3'],
  run: async ({ proposalId }, { client, print }) => {
    const proposal = await client.ask('GET /manage/v1/proposals/{proposalId}', { params: { proposalId } })
    print.document(proposal, () => proposalText(proposal))
  },
})
