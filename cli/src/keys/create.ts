import { readLabels } from '../apps/labels.ts'
import { defineAskingCommand } from '../asking-command.ts'
import { newKeyText } from './key-text.ts'

export const command = defineAskingCommand({
  summary: 'Make a key. It is shown once.',
  details:
    'viewer reads; editor saves; publisher releases; admin does all. A client key reads one app on one channel.',
  takes: ['name'],
  options: {
    role: {
      type: 'choice',
      of: ['client', 'viewer', 'editor', 'publisher', 'admin'],
      required: true,
      doc: 'what it may do',
    },
    app: { type: 'string', value: 'appId', multiple: true, doc: 'only for this app; may be repeated' },
    label: {
      type: 'string',
      value: 'name=value',
      multiple: true,
      doc: 'only for apps with this label; may be repeated',
    },
    channel: { type: 'string', value: 'channel', doc: 'of a client key: what it reads' },
    expires: { type: 'string', value: 'date', doc: 'until when it counts; else for ever' },
  },
  examples: [
    'parasol keys create "ci of the shop" --role publisher --app shop --expires 2027-12-31',
    'parasol keys create "shop on beta" --role client --app shop --channel beta --json | jq -r .key',
  ],
  run: async (given, { client, print }) => {
    const key = await client.ask('POST /manage/v1/keys', {
      body: {
        name: given.name,
        role: given.role,
        appIds: given.app.length > 0 ? given.app : null,
        labels: given.label.length > 0 ? readLabels(given.label) : null,
        channel: given.channel ?? null,
        expiresAt: given.expires ?? null,
      },
    })
    print.document(key, () => newKeyText(key))
  },
})
