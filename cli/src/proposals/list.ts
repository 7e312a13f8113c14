import { defineAskingCommand } from '../asking-command.ts'
import { releaseText } from '../config/release-input.ts'
import { listOptions, showList } from '../output/show-list.ts'

export const command = defineAskingCommand({
  summary: 'List proposed releases, newest first.',
  options: {
    app: { type: 'string', value: 'appId', doc: 'only those of one app' },
    state: {
      type: 'choice',
      of: ['open', 'released', 'rejected', 'withdrawn'],
      doc: 'only those in one state',
    },
    ...listOptions,
  },
  examples: ['parasol proposals list --state open'],
  run: async (given, session) => {
    const query = { appId: given.app, state: given.state }
    await showList(session, given, 'GET /manage/v1/proposals', { query }, [
      { head: 'PROPOSAL', of: (proposal) => proposal.proposalId },
      { head: 'APP', of: (proposal) => proposal.appId },
      { head: 'RELEASE', of: (proposal) => releaseText(proposal.release) },
      { head: 'STATE', of: (proposal) => proposal.state },
      { head: 'PROPOSED', of: (proposal) => proposal.createdAt },
      { head: 'BY', of: (proposal) => proposal.actor },
      { head: 'DECIDED BY', of: (proposal) => proposal.decidedBy },
    ])
  },
})
