import { defineAskingCommand } from '../asking-command.ts'
import { onceKey, onceOptions } from '../once.ts'
import { yesOptions } from '../output/confirm.ts'
import { carryOut, fleetOptions } from './carry-out.ts'

export const command = defineAskingCommand({
  summary: 'Take a fleet release back, in every app at once.',
  details: 'Refused where an app has been released otherwise since. Shows what would happen and asks first.',
  takes: ['fleetReleaseId'],
  timeoutSeconds: 300,
  options: {
    reason: { type: 'string', value: 'text', doc: 'why, for the history' },
    override: { type: 'boolean', doc: 'as an administrator, in spite of a freeze; needs a reason' },
    ...fleetOptions,
    ...yesOptions,
    ...onceOptions,
  },
  examples: ['parasol fleet rollback 12 --reason "Wrong API" --yes'],
  run: async (given, { client, print }) => {
    const { fleetReleaseId, reason, override } = given
    const idempotencyKey = onceKey(given)
    return carryOut(print, given, (dryRun) =>
      client.ask('POST /manage/v1/fleet/releases/{fleetReleaseId}/rollback', {
        params: { fleetReleaseId },
        body: { reason, override: override || undefined, dryRun },
        idempotencyKey: dryRun ? undefined : idempotencyKey,
      }),
    )
  },
})
