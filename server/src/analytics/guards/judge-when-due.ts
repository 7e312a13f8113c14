import { runDue } from '../../platform/jobs/run-due.ts'
import { logRarely } from '../../platform/log/log-rarely.ts'
import type { Log } from '../../platform/log/open-log.ts'
import { listDueGuards, makeGuardRows } from './guard-rows.ts'
import { type JudgeRolloutOptions, judgeRollout } from './judge-rollout.ts'
import { forgetEvidence } from './store-evidence.ts'

/** Has the guards of rollouts look every few seconds, on one node at a time whatever their number. */
export const judgeWhenDue = (options: JudgeRolloutOptions & { log: Log }): { close(): Promise<void> } => {
  const { db, log } = options
  const onError = logRarely<string>(60_000, (work, err, leftOut) =>
    log.warn({ work, err, leftOut }, 'judging rollouts failed; it is tried again'),
  )
  return runDue({
    works: [
      {
        name: 'guards',
        list: async (limit) => {
          await makeGuardRows(db)
          await forgetEvidence(db)
          return listDueGuards(db, limit)
        },
        run: ({ id }) => judgeRollout(options, id),
      },
    ],
    everyMs: 2_000,
    onError,
  })
}
