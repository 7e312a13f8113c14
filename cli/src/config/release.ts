import { defineAskingCommand } from '../asking-command.ts'
import { ifMatchOptions } from '../if-match.ts'
import { onceOptions } from '../once.ts'
import { publish } from './publish.ts'
import { releaseInput, releaseOptions } from './release-input.ts'

export const command = defineAskingCommand({
  summary: 'Release a version: clients get it within a second, or in stages.',
  details:
    'The release of a template reaches all that extend it. --if-match names the revision that is live on the channel.',
  takes: ['appId', 'version'],
  options: { ...releaseOptions, ...ifMatchOptions, ...onceOptions },
  examples: [
    'parasol config release shop 1.4.0 --reason "New payment methods"',
    'parasol config release shop 1.4.0 --channel beta --rollout Canary10Percent20Minutes --if-match 42',
  ],
  run: async (given, session) => {
    await publish(session, given, { configVersion: given.version, ...releaseInput(given) })
  },
})
