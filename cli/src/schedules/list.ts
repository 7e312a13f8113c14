import { defineAskingCommand } from '../asking-command.ts'
import { releaseText } from '../config/release-input.ts'
import { listOptions, showList } from '../output/show-list.ts'

export const command = defineAskingCommand({
  summary: 'List scheduled releases, newest first.',
  options: {
    app: { type: 'string', value: 'appId', doc: 'only those of one app' },
    state: {
      type: 'choice',
      of: ['pending', 'released', 'failed', 'cancelled'],
      doc: 'only those in one state',
    },
    ...listOptions,
  },
  examples: ['parasol schedules list --state pending'],
  run: async (given, session) => {
    const query = { appId: given.app, state: given.state }
    await showList(session, given, 'GET /manage/v1/schedules', { query }, [
      { head: 'SCHEDULE', of: (schedule) => schedule.scheduleId },
      { head: 'APP', of: (schedule) => schedule.appId },
      { head: 'RELEASE', of: (schedule) => releaseText(schedule.release) },
      { head: 'AT', of: (schedule) => schedule.at },
      { head: 'STATE', of: (schedule) => schedule.state },
      { head: 'BY', of: (schedule) => schedule.actor },
      { head: 'FAILURE', of: (schedule) => schedule.failure?.detail },
    ])
  },
})
