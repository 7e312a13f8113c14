import { defineAskingCommand } from '../../asking-command.ts'
import { onceKey, onceOptions } from '../../once.ts'
import { channelText } from './channel-text.ts'

export const command = defineAskingCommand({
  summary: 'Give a webhook a new secret. It is shown once.',
  details: 'For a day messages are signed with the old one, too.',
  takes: ['name'],
  options: onceOptions,
  examples: ['parasol alerts channels renew-secret on-call'],
  run: async ({ name, ...given }, { client, print }) => {
    const channel = await client.ask('POST /manage/v1/alerts/channels/{name}/secret', {
      params: { name },
      idempotencyKey: onceKey(given),
    })
    print.document(channel, () => channelText(channel))
  },
})
