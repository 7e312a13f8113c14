import { defineAskingCommand } from '../asking-command.ts'
import { rolloutText } from './rollout-text.ts'

export const command = defineAskingCommand({
  summary: 'Tell a rollout what a monitor found: go on, hold, or roll back.',
  details: 'At each step the newest word of each source decides; rollback acts at once.',
  takes: ['rolloutId'],
  options: {
    source: { type: 'string', value: 'name', required: true, doc: 'who says it' },
    decision: { type: 'choice', of: ['go', 'hold', 'rollback'], required: true, doc: 'what shall happen' },
    reason: { type: 'string', value: 'text', doc: 'why, for the history' },
    expires: {
      type: 'integer',
      value: 'seconds',
      min: 1,
      max: 2_592_000,
      doc: 'how long a hold counts; else until it is lifted',
    },
  },
  examples: ['parasol rollouts signal 51 --source crash-monitor --decision hold --expires 900'],
  run: async ({ rolloutId, source, decision, reason, expires }, { client, print }) => {
    const rollout = await client.ask('PUT /manage/v1/rollouts/{rolloutId}/signal', {
      params: { rolloutId },
      body: { source, decision, reason, expiresInSeconds: expires },
    })
    print.document(rollout, () => rolloutText(rollout))
  },
})
