import type { Schedule } from '../../../contract/review.ts'
import { releaseText } from '../config/release-input.ts'
import { fieldLines } from '../output/table.ts'

/** A scheduled release as lines of name and value. */
export const scheduleText = (schedule: Schedule): string =>
  fieldLines([
    ['schedule', schedule.scheduleId],
    ['app', schedule.appId],
    ['release', releaseText(schedule.release)],
    ['at', schedule.at],
    ['state', schedule.state],
    ['revision', schedule.revision],
    ['failure', schedule.failure?.detail],
    ['by', schedule.actor],
    ['ended', schedule.endedAt && `${schedule.endedAt} by ${schedule.endedBy}`],
  ])
