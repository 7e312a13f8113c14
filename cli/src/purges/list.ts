import type { Purge } from '../../../contract/purge.ts'
import { defineAskingCommand } from '../asking-command.ts'
import { listOptions, showList } from '../output/show-list.ts'

const shownTags = 3

const whatOf = ({ everything, tags }: Purge): string => {
  if (everything) return 'everything'
  const more = tags.length > shownTags ? ` and ${tags.length - shownTags} more` : ''
  return `${tags.slice(0, shownTags).join(' ')}${more}`
}

export const command = defineAskingCommand({
  summary: 'List what CDNs were told to forget, newest first.',
  details:
    'again: done, and to be done once more a little later, for what was fetched from a node that was behind.',
  options: {
    state: { type: 'choice', of: ['waiting', 'again', 'done', 'failed'], doc: 'only those in this state' },
    ...listOptions,
  },
  examples: ['parasol purges list --state failed'],
  run: async (given, session) => {
    await showList(session, given, 'GET /manage/v1/purges', { query: { state: given.state } }, [
      { head: 'PURGE', of: (purge) => purge.purgeId },
      { head: 'AT', of: (purge) => purge.createdAt },
      { head: 'CDN', of: (purge) => purge.cdn },
      { head: 'WHAT', of: whatOf },
      { head: 'STATE', of: (purge) => purge.state },
      { head: 'ATTEMPTS', of: (purge) => purge.attempts },
      { head: 'LAST ERROR', of: (purge) => purge.lastError },
    ])
  },
})
