import { defineAskingCommand } from '../asking-command.ts'
import { listOptions, showList } from '../output/show-list.ts'
import { whomText } from './limit-text.ts'

export const command = defineAskingCommand({
  summary: 'List rate limits, each policy with its exceptions behind it.',
  options: listOptions,
  examples: ['parasol limits list'],
  run: async (given, session) => {
    await showList(session, given, 'GET /manage/v1/limits', {}, [
      { head: 'LIMIT', of: (limit) => limit.name },
      { head: 'PER', of: (limit) => limit.per },
      { head: 'ROUTES', of: (limit) => limit.routeClass },
      { head: 'LETS IN', of: (limit) => `${limit.quota} in ${limit.windowSeconds} s` },
      { head: 'FOR', of: whomText },
      { head: 'MODE', of: (limit) => limit.mode },
      { head: 'ENABLED', of: (limit) => (limit.isEnabled ? 'yes' : 'no') },
      { head: 'NOTE', of: (limit) => limit.note },
    ])
  },
})
