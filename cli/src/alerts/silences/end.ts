import { defineAskingCommand } from '../../asking-command.ts'
import { silenceText } from './silence-text.ts'

export const command = defineAskingCommand({
  summary: 'End a silence before its time.',
  takes: ['silenceId'],
  examples: ['parasol alerts silences end 7'],
  run: async ({ silenceId }, { client, print }) => {
    const silence = await client.ask('DELETE /manage/v1/alerts/silences/{silenceId}', {
      params: { silenceId },
    })
    print.document(silence, () => silenceText(silence))
  },
})
