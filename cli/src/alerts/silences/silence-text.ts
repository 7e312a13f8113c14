import type { Silence } from '../../../../contract/alert-silence.ts'
import { fieldLines } from '../../output/table.ts'

export const weeklyText = ({ weekly }: Silence): string | null =>
  weekly && `${weekly.days.join(',')} ${weekly.at} ${weekly.minutes} min ${weekly.timeZone}`

/** What is silenced, in a few words. */
export const whatText = ({ rule, appId }: Silence): string =>
  [rule, appId].filter((part) => part !== null).join(' of ') || 'everything'

/** A silence as lines of name and value. */
export const silenceText = (silence: Silence): string =>
  fieldLines([
    ['silence', silence.silenceId],
    ['of', whatText(silence)],
    ['from', silence.from],
    ['until', silence.until],
    ['windows', weeklyText(silence)],
    ['silences now', silence.isActive ? 'yes' : 'no'],
    ['reason', silence.reason],
    ['made', `${silence.createdAt} by ${silence.actor}`],
    ['ended', silence.endedAt && `${silence.endedAt} by ${silence.endedBy}`],
  ])
