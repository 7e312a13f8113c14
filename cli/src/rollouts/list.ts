import { defineAskingCommand } from '../asking-command.ts'
import { listOptions, showList } from '../output/show-list.ts'
import { counted } from '../output/terminal-text.ts'

export const command = defineAskingCommand({
  summary: 'List rollouts, newest first.',
  options: {
    app: { type: 'string', value: 'appId', doc: 'only those of one app' },
    open: { type: 'choice', of: ['true', 'false'], doc: 'only those under way, or only ended ones' },
    ...listOptions,
  },
  examples: ['parasol rollouts list --open true'],
  run: async (given, session) => {
    const query = { appId: given.app, open: given.open }
    await showList(session, given, 'GET /manage/v1/rollouts', { query }, [
      { head: 'ROLLOUT', of: (rollout) => rollout.rolloutId },
      { head: 'APP', of: (rollout) => rollout.appId ?? counted(rollout.apps, 'app') },
      { head: 'CHANNEL', of: (rollout) => rollout.channel },
      { head: 'STATE', of: (rollout) => rollout.state },
      { head: 'DEVICES', of: (rollout) => `${rollout.percent} %` },
      { head: 'NEXT STEP', of: (rollout) => rollout.nextStepAt },
      { head: 'STARTED', of: (rollout) => rollout.startedAt },
      { head: 'BY', of: (rollout) => rollout.actor },
    ])
  },
})
