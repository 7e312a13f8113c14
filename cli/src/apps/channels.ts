import { defineAskingCommand } from '../asking-command.ts'
import { channelsText } from './channels-text.ts'

export const command = defineAskingCommand({
  summary: 'What is live on each channel of an app.',
  takes: ['appId'],
  examples: ['parasol apps channels shop'],
  run: async ({ appId }, { client, print }) => {
    const channels = await client.ask('GET /manage/v1/apps/{appId}/channels', { params: { appId } })
    print.document(channels, () => channelsText(channels.items))
  },
})
