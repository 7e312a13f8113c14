import { defineAskingCommand } from '../asking-command.ts'
import { ifMatchOptions } from '../if-match.ts'
import { proposalText } from './proposal-text.ts'

export const command = defineAskingCommand({
  summary: 'Approve a proposal of another person: it is released now.',
  details:
    'Refused with exit code 5 where something else went live since it was proposed. Look at what has changed, then name the revision that is live now by --if-match.',
  takes: ['proposalId'],
  options: { comment: { type: 'string', value: 'text', doc: 'why' }, ...ifMatchOptions },
  examples: [
    'parasol proposals approve 3 --comment "Looks good"',
    'parasol proposals approve 3 --if-match 57',
  ],
  run: async ({ proposalId, comment, 'if-match': ifMatch }, { client, print }) => {
    const proposal = await client.ask('POST /manage/v1/proposals/{proposalId}/approve', {
      params: { proposalId },
      body: { comment },
      ifMatch,
    })
    print.document(proposal, () => proposalText(proposal))
  },
})
