import { defineAskingCommand } from '../asking-command.ts'
import { listOptions, showList } from '../output/show-list.ts'

export const command = defineAskingCommand({
  summary: 'List the releases of an app, newest first.',
  takes: ['appId'],
  options: {
    channel: { type: 'string', value: 'channel', doc: 'only those on one channel' },
    ...listOptions,
  },
  examples: ['parasol config history shop --channel stable'],
  run: async (given, session) => {
    const question = { params: { appId: given.appId }, query: { channel: given.channel } }
    await showList(session, given, 'GET /manage/v1/apps/{appId}/releases', question, [
      { head: 'REVISION', of: (release) => release.revision },
      { head: 'CHANNEL', of: (release) => release.channel },
      { head: 'VERSION', of: (release) => release.configVersion },
      { head: 'TEMPLATE AT', of: (release) => release.baseVersion },
      { head: 'KIND', of: (release) => release.kind },
      { head: 'RELEASED', of: (release) => release.releasedAt },
      { head: 'BY', of: (release) => release.actor },
      { head: 'REASON', of: (release) => release.reason },
    ])
  },
})
