import { defineAskingCommand } from '../asking-command.ts'
import { appText } from './app-text.ts'

export const command = defineAskingCommand({
  summary: 'Bring an app back from the archive.',
  takes: ['appId'],
  examples: ['parasol apps restore shop'],
  run: async ({ appId }, { client, print }) => {
    const body = { archived: false as const }
    const app = await client.ask('PATCH /manage/v1/apps/{appId}', { params: { appId }, body })
    print.document(app, () => appText(app))
  },
})
