import { defineAskingCommand } from '../../asking-command.ts'
import { ifMatchOptions } from '../../if-match.ts'
import { ruleText } from './rule-text.ts'

export const command = defineAskingCommand({
  summary: 'Remove an alert rule; its alerts end.',
  details: 'To end one for a while: parasol alerts rules set --enabled no.',
  takes: ['name'],
  options: ifMatchOptions,
  examples: ['parasol alerts rules remove shop-errors'],
  run: async ({ name, ...given }, { client, print }) => {
    const rule = await client.ask('DELETE /manage/v1/alerts/rules/{name}', {
      params: { name },
      ifMatch: given['if-match'],
    })
    print.document(rule, () => ruleText(rule))
  },
})
