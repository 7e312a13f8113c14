import { defineAskingCommand } from '../asking-command.ts'
import { onceKey, onceOptions } from '../once.ts'
import { proposalText } from './proposal-text.ts'

export const command = defineAskingCommand({
  summary: 'Comment on a proposal.',
  takes: ['proposalId', 'text'],
  options: onceOptions,
  examples: ['parasol proposals comment 3 "Which devices was it tested on?"'],
  run: async (given, { client, print }) => {
    const proposal = await client.ask('POST /manage/v1/proposals/{proposalId}/comments', {
      params: { proposalId: given.proposalId },
      body: { comment: given.text },
      idempotencyKey: onceKey(given),
    })
    print.document(proposal, () => proposalText(proposal))
  },
})
