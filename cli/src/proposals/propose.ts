import { defineAskingCommand } from '../asking-command.ts'
import { anyRelease, anyReleaseOptions } from '../config/release-input.ts'
import { onceKey, onceOptions } from '../once.ts'
import { proposalText } from './proposal-text.ts'

/** An approval overrides nothing. */
const { override: _, ...proposedOptions } = anyReleaseOptions

export const command = defineAskingCommand({
  summary: 'Propose a release, for another person to approve.',
  takes: ['appId', 'version?'],
  options: {
    comment: { type: 'string', value: 'text', doc: 'what whoever approves should know' },
    ...proposedOptions,
    ...onceOptions,
  },
  examples: ['parasol proposals propose bank 5.1.0 --reason "New sign-in" --comment "Tested on staging"'],
  run: async (given, { client, print }) => {
    const proposal = await client.ask('POST /manage/v1/apps/{appId}/proposals', {
      params: { appId: given.appId },
      body: { release: anyRelease({ ...given, override: false }), comment: given.comment },
      idempotencyKey: onceKey(given),
    })
    print.document(proposal, () => proposalText(proposal))
  },
})
