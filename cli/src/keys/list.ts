import { defineAskingCommand } from '../asking-command.ts'
import { listOptions, showList } from '../output/show-list.ts'
import { scopeText } from './key-text.ts'

export const command = defineAskingCommand({
  summary: 'List keys; never the keys themselves.',
  options: listOptions,
  examples: ['parasol keys list'],
  run: async (given, session) => {
    await showList(session, given, 'GET /manage/v1/keys', {}, [
      { head: 'KEY', of: (key) => key.keyId },
      { head: 'NAME', of: (key) => key.name },
      { head: 'ROLE', of: (key) => key.role },
      { head: 'FOR', of: scopeText },
      { head: 'STATE', of: (key) => key.state },
      { head: 'EXPIRES', of: (key) => key.expiresAt },
      { head: 'LAST USED', of: (key) => key.lastUsedOn },
    ])
  },
})
