import type { AlertChannel } from '../../../../contract/alert-channel.ts'
import { fieldLines } from '../../output/table.ts'

/** A channel as lines of name and value; `secret` is told where there is a new one. */
export const channelText = (channel: AlertChannel & { secret?: string | null }): string =>
  fieldLines([
    ['channel', channel.name],
    ['kind', channel.kind],
    ['leads to', channel.receiver],
    ['by default', channel.isDefault ? 'yes' : 'no'],
    ['severity', channel.leastSeverity === 'info' ? 'any' : `${channel.leastSeverity} or more`],
    ['enabled', channel.isEnabled ? 'yes' : 'no'],
    ['note', channel.note],
    ['sent', channel.lastSentAt],
    ['error', channel.lastError],
    ['revision', channel.revision],
    ['secret', channel.secret && `${channel.secret} (shown once)`],
  ])
