import type { RolloutAction } from '../../../contract/rollout.ts'
import { defineAskingCommand } from '../asking-command.ts'
import type { Command } from '../command.ts'
import { rolloutText } from './rollout-text.ts'

export const reasonOption = {
  reason: { type: 'string', value: 'text', doc: 'why, for the history' },
} as const

/** The command for one of the actions on a rollout that differ in their names alone. */
export const changeCommand = (action: Exclude<RolloutAction, 'promote'>, summary: string): Command =>
  defineAskingCommand({
    summary,
    takes: ['rolloutId'],
    options: reasonOption,
    examples: [`parasol rollouts ${action} 51 --reason "Looking into a crash"`],
    run: async ({ rolloutId, reason }, { client, print }) => {
      const rollout = await client.ask(`POST /manage/v1/rollouts/{rolloutId}/${action}`, {
        params: { rolloutId },
        body: { reason },
      })
      print.document(rollout, () => rolloutText(rollout))
    },
  })
