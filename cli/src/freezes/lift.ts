import { defineAskingCommand } from '../asking-command.ts'
import { freezeText } from './freeze-text.ts'

export const command = defineAskingCommand({
  summary: 'Lift a freeze before its time.',
  takes: ['freezeId'],
  examples: ['parasol freezes lift 2'],
  run: async ({ freezeId }, { client, print }) => {
    const freeze = await client.ask('DELETE /manage/v1/freezes/{freezeId}', { params: { freezeId } })
    print.document(freeze, () => freezeText(freeze))
  },
})
