import { defineAskingCommand } from '../../asking-command.ts'
import { ifMatchOptions } from '../../if-match.ts'
import { channelText } from './channel-text.ts'

export const command = defineAskingCommand({
  summary: 'Remove a channel, with what waits to be sent there.',
  details: 'Not while rules name it. To end it for a while: parasol alerts channels set --enabled no.',
  takes: ['name'],
  options: ifMatchOptions,
  examples: ['parasol alerts channels remove team'],
  run: async ({ name, ...given }, { client, print }) => {
    const channel = await client.ask('DELETE /manage/v1/alerts/channels/{name}', {
      params: { name },
      ifMatch: given['if-match'],
    })
    print.document(channel, () => channelText(channel))
  },
})
