import type { RolloutGuards } from '../../../contract/guard.ts'
import { defineAskingCommand } from '../asking-command.ts'
import { tableText } from '../output/table.ts'

/** What is known so far: how many times as frequent, and between which bounds. */
const foundText = ({ estimate, value }: RolloutGuards['guards'][number]): string => {
  if (estimate === null) return value === null ? '' : String(value)
  if (estimate.ratio === null) return 'none so far'
  return `${estimate.ratio} times (${estimate.atLeast ?? 'any'} to ${estimate.atMost ?? 'any'})`
}

export const command = defineAskingCommand({
  summary: 'Show what the guards of a rollout have found.',
  takes: ['rolloutId'],
  examples: ['parasol rollouts guards 51'],
  run: async ({ rolloutId }, { client, print }) => {
    const path = 'GET /manage/v1/analytics/rollouts/{rolloutId}/guards'
    const found = await client.ask(path, { params: { rolloutId } })
    print.document(found, () =>
      found.guards.length === 0
        ? 'It was started without guards.'
        : tableText(found.guards, [
            { head: 'GUARD', of: ({ name }) => name },
            { head: 'SAYS', of: ({ decision }) => decision },
            { head: 'FOUND', of: foundText },
            { head: 'BECAUSE', of: ({ reason }) => reason },
            { head: 'LOOKED', of: ({ lookedAt }) => lookedAt },
          ]),
    )
  },
})
