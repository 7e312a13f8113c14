import { defineAskingCommand } from '../asking-command.ts'
import { scheduleText } from './schedule-text.ts'

export const command = defineAskingCommand({
  summary: 'Cancel a scheduled release.',
  takes: ['scheduleId'],
  examples: ['parasol schedules cancel 7'],
  run: async ({ scheduleId }, { client, print }) => {
    const schedule = await client.ask('DELETE /manage/v1/schedules/{scheduleId}', { params: { scheduleId } })
    print.document(schedule, () => scheduleText(schedule))
  },
})
