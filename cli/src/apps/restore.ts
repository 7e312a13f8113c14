import { defineAskingCommand } from '../asking-command.ts'
import { ifMatchOptions } from '../if-match.ts'
import { appText } from './app-text.ts'

export const command = defineAskingCommand({
  summary: 'Bring an app back from the archive.',
  takes: ['appId'],
  options: ifMatchOptions,
  examples: ['parasol apps restore shop'],
  run: async ({ appId, ...given }, { client, print }) => {
    const body = { archived: false as const }
    const ifMatch = given['if-match']
    const app = await client.ask('PATCH /manage/v1/apps/{appId}', { params: { appId }, body, ifMatch })
    print.document(app, () => appText(app))
  },
})
