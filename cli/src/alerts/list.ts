import { defineAskingCommand } from '../asking-command.ts'
import { listOptions, showList } from '../output/show-list.ts'

export const command = defineAskingCommand({
  summary: 'List what is wrong now, or was, newest first.',
  options: {
    state: {
      type: 'choice',
      of: ['open', 'pending', 'firing', 'resolved', 'all'],
      doc: 'which; else open: pending and firing',
    },
    rule: { type: 'string', value: 'name', doc: 'only of this rule' },
    app: { type: 'string', value: 'appId', doc: 'only about this app' },
    ...listOptions,
  },
  examples: ['parasol alerts list', 'parasol alerts list --state all --app shop'],
  run: async (given, session) => {
    const query = { state: given.state, rule: given.rule, appId: given.app }
    await showList(session, given, 'GET /manage/v1/alerts', { query }, [
      { head: 'ALERT', of: (alert) => alert.alertId },
      { head: 'STATE', of: (alert) => alert.state },
      { head: 'SEVERITY', of: (alert) => alert.severity },
      { head: 'SINCE', of: (alert) => alert.firedAt ?? alert.pendingAt },
      { head: 'UNTIL', of: (alert) => alert.resolvedAt },
      { head: 'RULE', of: (alert) => alert.rule },
      { head: 'WHAT', of: (alert) => alert.summary },
    ])
  },
})
