import type { App } from '../../../contract/app.ts'
import { defineAskingCommand } from '../asking-command.ts'
import { UsageProblem } from '../command.ts'
import { ifMatchOptions } from '../if-match.ts'
import { appText } from './app-text.ts'
import { readLabels } from './labels.ts'
import { readingOptions, readReading } from './reading-options.ts'
import { readTargeting, targetingOptions } from './targeting-options.ts'

interface LabelChange {
  label: string[]
  unlabel: string[]
}

/** The labels as they shall be; nothing where none is to change. */
const changedLabels = (app: App, { label, unlabel }: LabelChange): Record<string, string> | undefined => {
  if (label.length + unlabel.length === 0) return undefined
  const labels = { ...app.labels, ...readLabels(label) }
  return Object.fromEntries(Object.entries(labels).filter(([name]) => !unlabel.includes(name)))
}

export const command = defineAskingCommand({
  summary: 'Change the name, the labels or other settings of an app.',
  details: 'What is not named stays. Refused (exit code 5) when somebody changes the app in the same moment.',
  takes: ['appId'],
  options: {
    name: { type: 'string', value: 'text', doc: 'what people call it' },
    label: { type: 'string', value: 'name=value', multiple: true, doc: 'set a label; may be repeated' },
    unlabel: { type: 'string', value: 'name', multiple: true, doc: 'remove a label; may be repeated' },
    'requires-approval': {
      type: 'choice',
      of: ['yes', 'no'],
      doc: "whether releases need another person's approval",
    },
    ...readingOptions,
    ...targetingOptions,
    ...ifMatchOptions,
  },
  examples: [
    'parasol apps change shop --name "The Shop" --label tier=critical --unlabel pilot',
    'parasol apps change shop --attributes \'{"plan": {"type": "string"}}\' --poll-seconds 60',
    'parasol apps change shop --access key --allowed-origins https://shop.example.com',
  ],
  run: async (given, { client, print }) => {
    const params = { appId: given.appId }
    const targeting = await readTargeting(given)
    const before = await client.ask('GET /manage/v1/apps/{appId}', { params })
    const approval = given['requires-approval']
    const labels = changedLabels(before, given)
    const body = {
      ...(given.name !== undefined && { name: given.name }),
      ...(labels && { labels }),
      ...(approval && { requiresApproval: approval === 'yes' }),
      ...readReading(given),
      ...targeting,
    }
    if (Object.keys(body).length === 0) throw new UsageProblem('Name at least one thing to change.')
    const ifMatch = given['if-match'] ?? before.revision
    const app = await client.ask('PATCH /manage/v1/apps/{appId}', { params, body, ifMatch })
    print.document(app, () => appText(app))
  },
})
