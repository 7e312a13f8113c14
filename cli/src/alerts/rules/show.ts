import { defineAskingCommand } from '../../asking-command.ts'
import { ruleText } from './rule-text.ts'

export const command = defineAskingCommand({
  summary: 'Show an alert rule.',
  takes: ['name'],
  examples: ['parasol alerts rules show read-errors'],
  run: async ({ name }, { client, print }) => {
    const rule = await client.ask('GET /manage/v1/alerts/rules/{name}', { params: { name } })
    print.document(rule, () => ruleText(rule))
  },
})
