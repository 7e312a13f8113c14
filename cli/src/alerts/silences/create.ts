import { defineAskingCommand } from '../../asking-command.ts'
import { onceKey, onceOptions } from '../../once.ts'
import { readWeekly } from './read-weekly.ts'
import { silenceText } from './silence-text.ts'

export const command = defineAskingCommand({
  summary: 'Keep alerts from being told until a time, or in windows that come back.',
  details: 'What still fires when it is over is told then.',
  options: {
    rule: { type: 'string', value: 'name', doc: 'only of this rule' },
    app: { type: 'string', value: 'appId', doc: 'only about this app, or below this template' },
    from: { type: 'string', value: 'time', doc: 'from when on; else from now' },
    until: { type: 'string', value: 'time', doc: 'until when, as 2027-06-30T12:00:00Z' },
    weekly: {
      type: 'string',
      value: 'window',
      doc: 'days, time of day, minutes and time zone, as "sat,sun 02:00 120 Europe/Berlin"',
    },
    reason: { type: 'string', value: 'text', required: true, doc: 'why, for other operators' },
    ...onceOptions,
  },
  examples: [
    'parasol alerts silences create --rule slow-reads --until 2027-06-30T12:00:00Z --reason "Load test"',
    'parasol alerts silences create --weekly "sun 02:00 120 Europe/Berlin" --reason "Maintenance"',
  ],
  run: async (given, { client, print }) => {
    const silence = await client.ask('POST /manage/v1/alerts/silences', {
      body: {
        rule: given.rule ?? null,
        appId: given.app ?? null,
        from: given.from ?? null,
        until: given.until ?? null,
        weekly: given.weekly === undefined ? null : readWeekly(given.weekly),
        reason: given.reason,
      },
      idempotencyKey: onceKey(given),
    })
    print.document(silence, () => silenceText(silence))
  },
})
