import { defineAskingCommand } from '../asking-command.ts'
import { onceKey, onceOptions } from '../once.ts'
import { freezeText } from './freeze-text.ts'

export const command = defineAskingCommand({
  summary: 'Refuse releases of an app, or of the whole fleet, until a time.',
  details: 'A frozen template freezes what extends it. Rollouts hold; an administrator may override.',
  takes: ['appId?'],
  options: {
    until: { type: 'string', value: 'time', required: true, doc: 'until when, as 2027-06-30T12:00:00Z' },
    reason: { type: 'string', value: 'text', required: true, doc: 'why, for whoever is refused' },
    ...onceOptions,
  },
  examples: [
    'parasol freeze --until 2027-11-30T08:00:00+01:00 --reason "Black Friday"',
    'parasol freeze shop --until 2027-11-30T08:00:00+01:00 --reason "Audit of the payments"',
  ],
  run: async (given, { client, print }) => {
    const freeze = await client.ask('POST /manage/v1/freezes', {
      body: { appId: given.appId ?? null, until: given.until, reason: given.reason },
      idempotencyKey: onceKey(given),
    })
    print.document(freeze, () => freezeText(freeze))
  },
})
