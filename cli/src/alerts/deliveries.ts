import { defineAskingCommand } from '../asking-command.ts'
import { listOptions, showList } from '../output/show-list.ts'

export const command = defineAskingCommand({
  summary: 'List what channels were told, or are still to be, newest first.',
  options: {
    channel: { type: 'string', value: 'name', doc: 'only to this channel' },
    state: { type: 'choice', of: ['waiting', 'sent', 'failed'], doc: 'only those' },
    ...listOptions,
  },
  examples: ['parasol alerts deliveries --state failed'],
  run: async (given, session) => {
    const query = { channel: given.channel, state: given.state }
    await showList(session, given, 'GET /manage/v1/alerts/deliveries', { query }, [
      { head: 'MADE', of: (delivery) => delivery.createdAt },
      { head: 'CHANNEL', of: (delivery) => delivery.channel },
      { head: 'RULE', of: (delivery) => delivery.rule },
      { head: 'KIND', of: (delivery) => delivery.kind },
      { head: 'STATE', of: (delivery) => delivery.state },
      { head: 'TRIED', of: (delivery) => delivery.attempts },
      { head: 'ERROR', of: (delivery) => delivery.lastError },
    ])
  },
})
