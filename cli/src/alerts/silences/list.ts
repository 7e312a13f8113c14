import { defineAskingCommand } from '../../asking-command.ts'
import { listOptions, showList } from '../../output/show-list.ts'
import { weeklyText, whatText } from './silence-text.ts'

export const command = defineAskingCommand({
  summary: 'List silences and maintenance windows, newest first.',
  options: {
    open: { type: 'choice', of: ['true', 'false'], doc: 'only those that are not over, or only others' },
    ...listOptions,
  },
  examples: ['parasol alerts silences list --open true'],
  run: async (given, session) => {
    await showList(session, given, 'GET /manage/v1/alerts/silences', { query: { open: given.open } }, [
      { head: 'SILENCE', of: (silence) => silence.silenceId },
      { head: 'OF', of: whatText },
      { head: 'NOW', of: (silence) => (silence.isActive ? 'yes' : 'no') },
      { head: 'UNTIL', of: (silence) => silence.endedAt ?? silence.until },
      { head: 'WINDOWS', of: weeklyText },
      { head: 'BY', of: (silence) => silence.actor },
      { head: 'REASON', of: (silence) => silence.reason },
    ])
  },
})
