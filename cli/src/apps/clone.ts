import { defineAskingCommand } from '../asking-command.ts'
import { onceKey, onceOptions } from '../once.ts'
import { appText } from './app-text.ts'
import { readLabels } from './labels.ts'

export const command = defineAskingCommand({
  summary: 'Make a new app as a copy of another.',
  details:
    'A copy without a tie, live on the same channels with the same config. For a tie: "parasol apps extend".',
  takes: ['appId', 'newAppId'],
  options: {
    name: { type: 'string', value: 'text', doc: "what people call it; else the other's name" },
    label: {
      type: 'string',
      value: 'name=value',
      multiple: true,
      doc: "labels instead of the other's; may be repeated",
    },
    reason: { type: 'string', value: 'text', doc: 'why, for the history' },
    override: {
      type: 'boolean',
      doc: 'as an administrator, in spite of a freeze or a missing approval; needs a reason',
    },
    ...onceOptions,
  },
  examples: ['parasol apps clone shop shop-fr --name "Shop France"'],
  run: async (given, { client, print }) => {
    const app = await client.ask('POST /manage/v1/apps/{appId}/clone', {
      params: { appId: given.appId },
      body: {
        appId: given.newAppId,
        name: given.name,
        reason: given.reason,
        override: given.override || undefined,
        ...(given.label.length > 0 && { labels: readLabels(given.label) }),
      },
      idempotencyKey: onceKey(given),
    })
    print.document(app, () => appText(app))
  },
})
