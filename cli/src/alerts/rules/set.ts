import { defineAskingCommand } from '../../asking-command.ts'
import type { Client } from '../../client.ts'
import { UsageProblem } from '../../command.ts'
import { readObject } from '../../files/read-document.ts'
import { ifMatchOptions } from '../../if-match.ts'
import { onceKey, onceOptions } from '../../once.ts'
import type { Answered, Question } from '../../operation-types.ts'
import { Refusal } from '../../refusal.ts'
import { ruleText } from './rule-text.ts'

type Rule = Answered<'GET /manage/v1/alerts/rules/{name}'>
type NewRule = Question<'POST /manage/v1/alerts/rules'>['body']

const find = (client: Client, name: string): Promise<Rule | undefined> =>
  client.ask('GET /manage/v1/alerts/rules/{name}', { params: { name } }).catch((error: unknown) => {
    if (error instanceof Refusal && error.problem.code === 'alert_rule_not_found') return undefined
    throw error
  })

export const command = defineAskingCommand({
  summary: 'Make or change an alert rule.',
  details:
    'A new one is written in a file, as JSON or YAML: on, scope, condition, ... (docs/alerts.md). What is not named stays. Refused (exit code 5) when somebody changes the rule in the same moment.',
  takes: ['name'],
  options: {
    file: { type: 'string', value: 'file', doc: 'what the rule says, - for stdin' },
    enabled: { type: 'choice', of: ['yes', 'no'], doc: 'whether it is evaluated' },
    severity: { type: 'choice', of: ['info', 'warning', 'critical'], doc: 'how bad it is' },
    channel: { type: 'string', value: 'name', multiple: true, doc: 'who is told; may be repeated' },
    'by-default': { type: 'boolean', doc: 'each channel by default is told again' },
    note: { type: 'string', value: 'text', doc: 'stands in each message' },
    ...ifMatchOptions,
    ...onceOptions,
  },
  examples: [
    'parasol alerts rules set shop-errors --file shop-errors.yaml --severity critical',
    'parasol alerts rules set slow-reads --enabled no',
  ],
  run: async (given, { client, print }) => {
    const { name } = given
    const fields = {
      ...(given.file !== undefined && (await readObject(given.file, '--file'))),
      ...(given.enabled && { isEnabled: given.enabled === 'yes' }),
      ...(given.severity && { severity: given.severity }),
      ...(given.channel.length > 0 && { channels: given.channel }),
      ...(given['by-default'] && { channels: null }),
      ...(given.note !== undefined && { note: given.note === '' ? null : given.note }),
    }
    if (Object.keys(fields).length === 0) throw new UsageProblem('Name at least one thing to set.')
    const before = given['if-match'] === undefined ? await find(client, name) : undefined
    const ifMatch = given['if-match'] ?? before?.revision
    if (ifMatch === undefined && given.file === undefined)
      throw new UsageProblem(`There is no alert rule ${name} yet. To make it, give --file.`)
    // What a file says is checked by the server.
    const rule =
      ifMatch === undefined
        ? await client.ask('POST /manage/v1/alerts/rules', {
            body: { ...fields, name } as NewRule,
            idempotencyKey: onceKey(given),
          })
        : await client.ask('PATCH /manage/v1/alerts/rules/{name}', {
            params: { name },
            body: fields,
            ifMatch,
          })
    print.document(rule, () => ruleText(rule))
  },
})
