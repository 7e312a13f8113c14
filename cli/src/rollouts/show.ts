import { defineAskingCommand } from '../asking-command.ts'
import { rolloutText } from './rollout-text.ts'

export const command = defineAskingCommand({
  summary: 'Show a rollout.',
  takes: ['rolloutId'],
  examples: ['parasol rollouts show 51'],
  run: async ({ rolloutId }, { client, print }) => {
    const rollout = await client.ask('GET /manage/v1/rollouts/{rolloutId}', { params: { rolloutId } })
    print.document(rollout, () => rolloutText(rollout))
  },
})
