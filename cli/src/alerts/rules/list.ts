import { defineAskingCommand } from '../../asking-command.ts'
import { listOptions, showList } from '../../output/show-list.ts'
import { questionText, scopeText } from './rule-text.ts'

export const command = defineAskingCommand({
  summary: 'List alert rules, by name.',
  options: listOptions,
  examples: ['parasol alerts rules list'],
  run: async (given, session) => {
    await showList(session, given, 'GET /manage/v1/alerts/rules', {}, [
      { head: 'RULE', of: (rule) => rule.name },
      { head: 'ASKS FOR', of: questionText },
      { head: 'OF', of: scopeText },
      { head: 'CONDITION', of: (rule) => rule.condition.kind },
      { head: 'SEVERITY', of: (rule) => rule.severity },
      { head: 'ENABLED', of: (rule) => (rule.isEnabled ? 'yes' : 'no') },
      { head: 'ERROR', of: (rule) => rule.lastError },
    ])
  },
})
