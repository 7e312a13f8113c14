import { defineAskingCommand } from '../../asking-command.ts'
import { exitCodes } from '../../command.ts'

export const command = defineAskingCommand({
  summary: 'Send a test message to a channel now, and hear what the receiver says.',
  details: 'Exit code 1 where it did not take it.',
  takes: ['name'],
  examples: ['parasol alerts channels test on-call'],
  run: async ({ name }, { client, print }) => {
    const test = await client.ask('POST /manage/v1/alerts/channels/{name}/test', { params: { name } })
    const words = test.isDelivered ? 'delivered' : 'not delivered'
    print.document(test, () => `${words} in ${test.tookMs} ms: ${test.answer}`)
    return test.isDelivered ? exitCodes.done : exitCodes.failed
  },
})
