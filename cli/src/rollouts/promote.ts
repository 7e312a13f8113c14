import { defineAskingCommand } from '../asking-command.ts'
import { reasonOption } from './change.ts'
import { rolloutText } from './rollout-text.ts'

export const command = defineAskingCommand({
  summary: 'Give it to all devices now.',
  takes: ['rolloutId'],
  options: {
    ...reasonOption,
    override: { type: 'boolean', doc: 'as an administrator, in spite of a freeze; needs a reason' },
  },
  examples: ['parasol rollouts promote 51 --reason "Looks good"'],
  run: async ({ rolloutId, reason, override }, { client, print }) => {
    const rollout = await client.ask('POST /manage/v1/rollouts/{rolloutId}/promote', {
      params: { rolloutId },
      body: { reason, override: override || undefined },
    })
    print.document(rollout, () => rolloutText(rollout))
  },
})
