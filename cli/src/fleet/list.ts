import { defineAskingCommand } from '../asking-command.ts'
import { listOptions, showList } from '../output/show-list.ts'

export const command = defineAskingCommand({
  summary: 'List fleet releases, newest first.',
  options: listOptions,
  examples: ['parasol fleet list'],
  run: async (given, session) => {
    await showList(session, given, 'GET /manage/v1/fleet/releases', {}, [
      { head: 'FLEET RELEASE', of: (release) => release.fleetReleaseId },
      { head: 'APPS', of: (release) => release.apps },
      { head: 'TAKES BACK', of: (release) => release.rollsBack },
      { head: 'ROLLOUT', of: (release) => release.rolloutId },
      { head: 'RELEASED', of: (release) => release.createdAt },
      { head: 'BY', of: (release) => release.actor },
      { head: 'REASON', of: (release) => release.reason },
    ])
  },
})
