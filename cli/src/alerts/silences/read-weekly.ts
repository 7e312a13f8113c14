import type { Weekly } from '../../../../contract/alert-silence.ts'
import { UsageProblem } from '../../command.ts'

const form = 'sat,sun 02:00 120 Europe/Berlin'

/** A window that comes back, as it is written on a command line: days, time of day, minutes, time zone. */
export const readWeekly = (text: string): Weekly => {
  const [days = '', at = '', minutes = '', timeZone = 'UTC', ...rest] = text.trim().split(/\s+/)
  if (!/^\d{1,4}$/.test(minutes) || rest.length > 0)
    throw new UsageProblem(`--weekly is ${JSON.stringify(text)}, but it must be as "${form}".`)
  // Which days there are, the server knows.
  return { days: days.split(',') as Weekly['days'], at, minutes: Number(minutes), timeZone }
}
