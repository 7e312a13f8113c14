import type { RolloutAction } from '../../../contract/rollout.ts'
import { defineAskingCommand } from '../asking-command.ts'
import type { Command } from '../command.ts'
import { rolloutText } from './rollout-text.ts'

/** The command for one of the actions on a rollout, which differ in their names alone. */
export const changeCommand = (action: RolloutAction, summary: string): Command =>
  defineAskingCommand({
    summary,
    takes: ['rolloutId'],
    options: { reason: { type: 'string', value: 'text', doc: 'why, for the history' } },
    examples: [`parasol rollouts ${action} 51 --reason "Looking into a crash"`],
    run: async ({ rolloutId, reason }, { client, print }) => {
      const rollout = await client.ask(`POST /manage/v1/rollouts/{rolloutId}/${action}`, {
        params: { rolloutId },
        body: { reason },
      })
      print.document(rollout, () => rolloutText(rollout))
    },
  })
