import type { LiveChannel } from '../../../contract/app.ts'
import { tableText } from '../output/table.ts'

/** What is live on each channel, a line a channel. */
export const channelsText = (channels: readonly LiveChannel[]): string =>
  channels.length === 0
    ? 'Nothing is live.'
    : tableText(channels, [
        { head: 'CHANNEL', of: (live) => live.channel },
        { head: 'VERSION', of: (live) => live.configVersion },
        { head: 'TEMPLATE AT', of: (live) => live.baseVersion },
        { head: 'REVISION', of: (live) => live.revision },
        { head: 'RELEASED', of: (live) => live.releasedAt },
        {
          head: 'COMING',
          of: ({ candidate }) =>
            candidate &&
            `${candidate.configVersion} on ${candidate.percent} % (rollout ${candidate.rolloutId})`,
        },
      ])
