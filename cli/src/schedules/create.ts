import { defineAskingCommand } from '../asking-command.ts'
import { anyRelease, anyReleaseOptions } from '../config/release-input.ts'
import { onceKey, onceOptions } from '../once.ts'
import { scheduleText } from './schedule-text.ts'

export const command = defineAskingCommand({
  summary: 'Release at a time.',
  details: 'Checked now and again then; what is refused then is listed as failed, with the reason.',
  takes: ['appId', 'version?'],
  options: {
    at: { type: 'string', value: 'time', required: true, doc: 'when, as 2027-06-30T12:00:00Z' },
    ...anyReleaseOptions,
    ...onceOptions,
  },
  examples: ['parasol schedules create shop 1.4.0 --at 2027-11-26T00:00:00+01:00 --reason "Black Friday"'],
  run: async (given, { client, print }) => {
    const schedule = await client.ask('POST /manage/v1/apps/{appId}/schedules', {
      params: { appId: given.appId },
      body: { at: given.at, release: anyRelease(given) },
      idempotencyKey: onceKey(given),
    })
    print.document(schedule, () => scheduleText(schedule))
  },
})
