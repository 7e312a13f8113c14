import { defineAskingCommand } from '../asking-command.ts'
import { onceKey, onceOptions } from '../once.ts'
import { appText } from './app-text.ts'
import { readLabels } from './labels.ts'
import { readingOptions, readReading } from './reading-options.ts'
import { readTargeting, targetingOptions } from './targeting-options.ts'

export const command = defineAskingCommand({
  summary: 'Create an app or a template.',
  details: 'Its clients are answered 404 until its first release.',
  takes: ['appId'],
  options: {
    name: { type: 'string', value: 'text', required: true, doc: 'what people call it' },
    template: { type: 'boolean', doc: 'make a template, which nobody fetches but others extend' },
    extends: {
      type: 'string',
      value: 'template',
      doc: 'tie it to this template: its config is that one, patched',
    },
    label: { type: 'string', value: 'name=value', multiple: true, doc: 'a label; may be repeated' },
    'requires-approval': { type: 'boolean', doc: "each release needs another person's approval" },
    ...readingOptions,
    ...targetingOptions,
    ...onceOptions,
  },
  examples: [
    'parasol apps create storefront --name Storefront --template',
    'parasol apps create shop --name Shop --extends storefront --label team=commerce',
  ],
  run: async (given, { client, print }) => {
    const body = {
      appId: given.appId,
      name: given.name,
      kind: given.template ? ('template' as const) : ('app' as const),
      extends: given.extends ?? null,
      labels: readLabels(given.label),
      requiresApproval: given['requires-approval'],
      ...readReading(given),
      ...(await readTargeting(given)),
    }
    const app = await client.ask('POST /manage/v1/apps', { body, idempotencyKey: onceKey(given) })
    print.document(app, () => appText(app))
  },
})
