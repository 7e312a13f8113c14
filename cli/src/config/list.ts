import { defineAskingCommand } from '../asking-command.ts'
import { listOptions, showList } from '../output/show-list.ts'

export const command = defineAskingCommand({
  summary: 'List the versions of an app, highest first.',
  takes: ['appId'],
  options: listOptions,
  examples: ['parasol config list shop'],
  run: async (given, session) => {
    const params = { appId: given.appId }
    await showList(session, given, 'GET /manage/v1/apps/{appId}/configs', { params }, [
      { head: 'VERSION', of: (version) => version.configVersion },
      { head: 'MINIMUM', of: (version) => version.minimumAppVersion },
      { head: 'RECOMMENDED', of: (version) => version.recommendedAppVersion },
      { head: 'DEPRECATED', of: (version) => version.deprecationDate },
      { head: 'SAVED', of: (version) => version.createdAt },
      { head: 'BY', of: (version) => version.createdBy },
      { head: 'NOTE', of: (version) => version.note },
    ])
  },
})
