import { defineAskingCommand } from './asking-command.ts'
import { listOptions, showList } from './output/show-list.ts'

export const command = defineAskingCommand({
  summary: 'List live configs whose deprecation date is past or near, the earliest first.',
  options: {
    within: { type: 'integer', value: 'days', min: 0, max: 3650, doc: 'how near; else 30 days' },
    ...listOptions,
  },
  examples: ['parasol deprecations --within 90'],
  run: async (given, session) => {
    const query = { withinDays: given.within }
    await showList(session, given, 'GET /manage/v1/deprecations', { query }, [
      { head: 'APP', of: (live) => live.appId },
      { head: 'CHANNEL', of: (live) => live.channel },
      { head: 'VERSION', of: (live) => live.configVersion },
      { head: 'DEPRECATED', of: (live) => live.deprecationDate },
      { head: 'STATE', of: (live) => live.state },
    ])
  },
})
