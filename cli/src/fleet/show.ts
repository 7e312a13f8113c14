import { defineAskingCommand } from '../asking-command.ts'
import { resultsText } from './results-text.ts'

export const command = defineAskingCommand({
  summary: 'Show a fleet release, and what it released in each app.',
  takes: ['fleetReleaseId'],
  examples: ['parasol fleet show 12'],
  run: async ({ fleetReleaseId }, { client, print }) => {
    const release = await client.ask('GET /manage/v1/fleet/releases/{fleetReleaseId}', {
      params: { fleetReleaseId },
    })
    print.document(release, () => resultsText(release, { withDiffs: false }))
  },
})
