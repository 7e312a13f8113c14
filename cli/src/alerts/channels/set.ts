import { defineAskingCommand } from '../../asking-command.ts'
import type { Client } from '../../client.ts'
import { UsageProblem } from '../../command.ts'
import { ifMatchOptions } from '../../if-match.ts'
import { onceKey, onceOptions } from '../../once.ts'
import type { Answered, Question } from '../../operation-types.ts'
import { Refusal } from '../../refusal.ts'
import { channelText } from './channel-text.ts'

type Channel = Answered<'GET /manage/v1/alerts/channels/{name}'>
type NewChannel = Question<'POST /manage/v1/alerts/channels'>['body']

const find = (client: Client, name: string): Promise<Channel | undefined> =>
  client.ask('GET /manage/v1/alerts/channels/{name}', { params: { name } }).catch((error: unknown) => {
    if (error instanceof Refusal && error.problem.code === 'alert_channel_not_found') return undefined
    throw error
  })

interface Receivers {
  webhook: string | undefined
  slack: string | undefined
  mail: string[]
}

/** Where messages go, of which kind; undefined where that is not told. */
const receiverOf = ({ webhook, slack, mail }: Receivers) => {
  const told = [
    ...(webhook === undefined ? [] : [{ kind: 'webhook' as const, url: webhook }]),
    ...(slack === undefined ? [] : [{ kind: 'slack' as const, url: slack }]),
    ...(mail.length === 0 ? [] : [{ kind: 'email' as const, to: mail }]),
  ]
  if (told.length > 1) throw new UsageProblem('Give one of --webhook, --slack and --mail.')
  return told[0]
}

export const command = defineAskingCommand({
  summary: 'Make or change a channel: a webhook, Slack, or e-mail addresses.',
  details:
    'What is not named stays. The secret that a webhook is signed with is shown once, when it is made. Refused (exit code 5) when somebody changes the channel in the same moment.',
  takes: ['name'],
  options: {
    webhook: { type: 'string', value: 'url', doc: 'where signed messages are posted' },
    slack: { type: 'string', value: 'url', doc: 'incoming webhook of Slack, or of what speaks as it does' },
    mail: { type: 'string', value: 'address', multiple: true, doc: 'who gets mail; may be repeated' },
    default: { type: 'choice', of: ['yes', 'no'], doc: 'told of rules that name no channels; else yes' },
    least: { type: 'choice', of: ['info', 'warning', 'critical'], doc: 'only what is so severe' },
    enabled: { type: 'choice', of: ['yes', 'no'], doc: 'whether anything is sent' },
    note: { type: 'string', value: 'text', doc: 'for other operators' },
    ...ifMatchOptions,
    ...onceOptions,
  },
  examples: [
    'parasol alerts channels set on-call --webhook https://alerts.example.com/parasol',
    'parasol alerts channels set team --slack https://hooks.slack.com/services/T0/B0/x --least warning',
    'parasol alerts channels set team --enabled no',
  ],
  run: async (given, { client, print }) => {
    const { name } = given
    const receiver = receiverOf(given)
    const fields = {
      ...(given.default && { isDefault: given.default === 'yes' }),
      ...(given.least && { leastSeverity: given.least }),
      ...(given.enabled && { isEnabled: given.enabled === 'yes' }),
      ...(given.note !== undefined && { note: given.note === '' ? null : given.note }),
    }
    const before = given['if-match'] === undefined ? await find(client, name) : undefined
    const ifMatch = given['if-match'] ?? before?.revision
    if (ifMatch === undefined) {
      if (!receiver)
        throw new UsageProblem(`There is no channel ${name} yet. Give --webhook, --slack or --mail.`)
      const body: NewChannel = { ...fields, ...receiver, name }
      const channel = await client.ask('POST /manage/v1/alerts/channels', {
        body,
        idempotencyKey: onceKey(given),
      })
      print.document(channel, () => channelText(channel))
      return
    }
    const { kind: _, ...where } = receiver ?? { kind: undefined }
    const body = { ...fields, ...where }
    if (Object.keys(body).length === 0) throw new UsageProblem('Name at least one thing to set.')
    const channel = await client.ask('PATCH /manage/v1/alerts/channels/{name}', {
      params: { name },
      ...{ body, ifMatch },
    })
    print.document(channel, () => channelText(channel))
  },
})
