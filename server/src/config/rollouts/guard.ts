import { type Kysely, sql } from 'kysely'
import { sourceOf } from '../../../../contract/guard.ts'
import type { RolloutSignalInput } from '../../../../contract/rollout.ts'
import type { Tables } from '../../platform/database/tables.ts'
import type { RolloutRow } from '../store/rollouts.ts'

/** What a guard says of a rollout, and why. */
export interface Verdict {
  decision: RolloutSignalInput['decision']
  reason: string | null
}

/**
 * Decides at each step, and every few seconds until the end of the bake time, whether a rollout goes on, holds or is taken
 * back. It is asked in the transaction that then takes the step, so it is quick and asks nothing but `db`.
 */
export type RolloutGuard = (db: Kysely<Tables>, rollout: RolloutRow) => Promise<Verdict>

interface SignalRow extends Verdict {
  source: string
}

const weight = { rollback: 0, hold: 1, go: 2 }

/**
 * The guard that listens to signals: of each source the newest counts, unless it has expired. One that says rollback wins, then one
 * that says hold. Whatever the plan names as a guard has to have said that it may go on: a rollout whose numbers nobody watches
 * any more must not grow.
 */
export const guardBySignals: RolloutGuard = async (db, rollout) => {
  const { rows } = await sql<SignalRow>`
    select source, decision, reason from (
      select distinct on (source) source, decision, reason, expires_at from rollout_signals
      where rollout_id = ${rollout.rollout_id} order by source, signal_id desc
    ) newest
    where expires_at is null or expires_at > clock_timestamp() order by source`.execute(db)
  const [first] = [...rows, ...silentGuards(rollout, rows)].toSorted(
    (one, other) => weight[one.decision] - weight[other.decision],
  )
  if (!first || first.decision === 'go') return { decision: 'go', reason: null }
  return { decision: first.decision, reason: wordOf(first) }
}

/** The guards of the plan of which nothing is heard: each stands for a hold. */
const silentGuards = ({ plan }: RolloutRow, heard: readonly SignalRow[]): SignalRow[] =>
  (plan.guards ?? [])
    .map(({ name }) => sourceOf(name))
    .filter((source) => !heard.some((signal) => signal.source === source))
    .map((source) => ({
      ...{ source, decision: 'hold' as const },
      reason: 'nothing is heard of it; see whether the analytics service runs and reaches this one',
    }))

/** A signal as people read it in a rollout or a release: `crash-monitor: Crashes doubled on 2.1.0`. */
export const wordOf = ({ source, decision, reason }: SignalRow): string =>
  `${source}: ${reason ?? `says ${decision}`}`
