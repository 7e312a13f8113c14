import { defineAskingCommand } from '../asking-command.ts'
import { ifMatchOptions } from '../if-match.ts'
import { onceOptions } from '../once.ts'
import { publish } from './publish.ts'
import { releaseInput, releaseOptions } from './release-input.ts'

export const command = defineAskingCommand({
  summary: 'Release on one channel what is live on another.',
  takes: ['appId'],
  options: {
    from: { type: 'string', value: 'channel', required: true, doc: 'the channel it is live on' },
    ...releaseOptions,
    ...ifMatchOptions,
    ...onceOptions,
  },
  examples: [
    'parasol config promote shop --from beta',
    'parasol config promote shop --from staging --channel beta',
  ],
  run: async (given, session) => {
    await publish(session, given, { promoteFrom: given.from, ...releaseInput(given) })
  },
})
