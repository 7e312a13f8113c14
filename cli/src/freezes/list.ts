import { defineAskingCommand } from '../asking-command.ts'
import { listOptions, showList } from '../output/show-list.ts'

export const command = defineAskingCommand({
  summary: 'List freezes, newest first.',
  options: {
    app: { type: 'string', value: 'appId', doc: 'only those of one app' },
    active: { type: 'choice', of: ['true', 'false'], doc: 'only those in force, or only others' },
    ...listOptions,
  },
  examples: ['parasol freezes list --active true'],
  run: async (given, session) => {
    const query = { appId: given.app, active: given.active }
    await showList(session, given, 'GET /manage/v1/freezes', { query }, [
      { head: 'FREEZE', of: (freeze) => freeze.freezeId },
      { head: 'OF', of: (freeze) => freeze.appId ?? 'the whole fleet' },
      { head: 'UNTIL', of: (freeze) => freeze.until },
      { head: 'STATE', of: (freeze) => freeze.state },
      { head: 'BY', of: (freeze) => freeze.actor },
      { head: 'REASON', of: (freeze) => freeze.reason },
    ])
  },
})
