import { defineAskingCommand } from '../asking-command.ts'
import { ifMatchOptions } from '../if-match.ts'
import { appText } from './app-text.ts'

export const command = defineAskingCommand({
  summary: 'Archive an app: its clients are answered 410.',
  details: 'Nothing is lost: "parasol apps restore" brings it back.',
  takes: ['appId'],
  options: ifMatchOptions,
  examples: ['parasol apps archive shop'],
  run: async ({ appId, ...given }, { client, print }) => {
    const ifMatch = given['if-match']
    const app = await client.ask('DELETE /manage/v1/apps/{appId}', { params: { appId }, ifMatch })
    print.document(app, () => appText(app))
  },
})
