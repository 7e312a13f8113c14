import { defineAskingCommand } from '../asking-command.ts'
import { UsageProblem } from '../command.ts'
import { ifMatchOptions } from '../if-match.ts'
import { onceOptions } from '../once.ts'
import { publish } from './publish.ts'
import { releaseInput, releaseOptions } from './release-input.ts'

export const command = defineAskingCommand({
  summary: 'Go back to what an earlier release had live, exactly. It is a release like any other.',
  takes: ['appId', 'revision'],
  options: {
    ...releaseOptions,
    channel: { type: 'string', value: 'channel', doc: 'where; else the channel of that release' },
    ...ifMatchOptions,
    ...onceOptions,
  },
  examples: [
    'parasol config history shop',
    'parasol config rollback shop 41 --reason "Crashes on Android 9"',
  ],
  run: async (given, session) => {
    if (!/^[1-9]\d{0,14}$/.test(given.revision)) {
      throw new UsageProblem('<revision> is a number; "parasol config history <appId>" lists them.')
    }
    await publish(session, given, { rollbackTo: Number(given.revision), ...releaseInput(given) })
  },
})
