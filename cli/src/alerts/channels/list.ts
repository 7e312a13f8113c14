import { defineAskingCommand } from '../../asking-command.ts'
import { listOptions, showList } from '../../output/show-list.ts'

export const command = defineAskingCommand({
  summary: 'List the channels that are told of alerts, and how it goes with each.',
  options: listOptions,
  examples: ['parasol alerts channels list'],
  run: async (given, session) => {
    await showList(session, given, 'GET /manage/v1/alerts/channels', {}, [
      { head: 'CHANNEL', of: (channel) => channel.name },
      { head: 'KIND', of: (channel) => channel.kind },
      { head: 'LEADS TO', of: (channel) => channel.receiver },
      { head: 'DEFAULT', of: (channel) => (channel.isDefault ? 'yes' : 'no') },
      { head: 'ENABLED', of: (channel) => (channel.isEnabled ? 'yes' : 'no') },
      { head: 'SENT', of: (channel) => channel.lastSentAt },
      { head: 'ERROR', of: (channel) => (channel.failures > 0 ? channel.lastError : null) },
    ])
  },
})
