import type { Kysely } from 'kysely'
import { wholeFleet } from '../platform/auth/authenticate.ts'
import type { Tables } from '../platform/database/tables.ts'
import type { DueWork } from '../platform/jobs/run-due.ts'
import type { Transact } from './change.ts'
import { releaseDue } from './reviews/release-due.ts'
import { advanceRollout } from './rollouts/advance-rollout.ts'
import type { RolloutGuard } from './rollouts/guard.ts'
import { listDueRollouts } from './store/rollouts.ts'
import { listDueSchedules } from './store/schedules.ts'

interface DueOptions {
  db: Kysely<Tables>
  transact: Transact
  guard: RolloutGuard
}

/**
 * What becomes due in this service: steps of rollouts, and scheduled releases. History and audit log name who started the
 * rollout or scheduled the release, and as the request `rollout-51` or `schedule-7`.
 */
export const dueWorks = ({ db, transact, guard }: DueOptions): DueWork[] => [
  {
    name: 'rollouts',
    list: (limit) => listDueRollouts(db, limit),
    run: ({ id, actor }) =>
      transact(
        { actor: { name: actor, role: 'publisher', scope: wholeFleet }, requestId: `rollout-${id}` },
        (scope) => advanceRollout(scope, id, guard),
      ),
  },
  {
    name: 'schedules',
    list: (limit) => listDueSchedules(db, limit),
    run: ({ id, actor }) =>
      transact(
        // What they may do is found out when the release is made.
        { actor: { name: actor, role: 'viewer', scope: wholeFleet }, requestId: `schedule-${id}` },
        (scope) => releaseDue(scope, id),
      ),
  },
]
