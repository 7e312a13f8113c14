import type { Kysely } from 'kysely'
import type { EventGuard, Guard } from '../../../../contract/guard.ts'
import type { Tables } from '../../platform/database/tables.ts'
import type { AskPrometheus, Measured } from './ask-prometheus.ts'
import {
  claimLook,
  endGuards,
  findWatched,
  listGuards,
  lockGuard,
  lookAtOnce,
  noteTold,
  saveVerdict,
  type Told,
  type Verdict,
  type WatchedRollout,
} from './guard-rows.ts'
import { judge } from './judge.ts'
import { type AlertState, judgeAlert } from './judge-alert.ts'
import { judgeValues, type Watched } from './judge-values.ts'
import { observe } from './observe.ts'
import type { SendSignal } from './send-signal.ts'
import { piecesMost, takeEvidence } from './store-evidence.ts'
import { openTrial, readTrial, type StoredTrial, writeTrial } from './trial.ts'

export interface JudgeRolloutOptions {
  db: Kysely<Tables>
  askPrometheus: AskPrometheus
  /** How an alert rule stands for the apps of a rollout; undefined where there is no such rule. */
  readAlert: (db: Kysely<Tables>, rule: string, rolloutId: number) => Promise<AlertState | undefined>
  send: SendSignal
}

/** What a guard says counts for so long, and is said again after a third of it: a rollout that hears nothing holds. */
const expiresInSeconds = 60
const repeatAfterMs = 20_000

/**
 * One look at a rollout: each guard learns what came in, decides, and the rollout is told. Does nothing where another node has
 * looked just now. What is asked and told over the network is outside of any transaction; a node that dies in between is
 * followed by the next look, which asks and tells again.
 */
export const judgeRollout = async (options: JudgeRolloutOptions, rolloutId: number): Promise<void> => {
  const { db } = options
  const rollout = await claimLook(db, rolloutId)
  if (rollout === undefined) return
  if (rollout.hasEnded) return endGuards(db, rolloutId)
  for (const guard of rollout.guards) await look(options, rollout, guard)
  await tell(options, rolloutId)
}

const look = async (options: JudgeRolloutOptions, rollout: WatchedRollout, guard: Guard): Promise<void> => {
  const asked =
    guard.kind === 'prometheus' ? await options.askPrometheus(filledIn(guard.query, rollout)) : undefined
  await options.db.transaction().execute(async (transaction) => {
    const row = await lockGuard(transaction, rollout.rolloutId, guard.name)
    // Of a rollout that grew meanwhile: what counts is where it stands now.
    const now = await findWatched(transaction, rollout.rolloutId)
    if (row === undefined || now === undefined) return
    const verdict = await verdictOf({ ...options, db: transaction }, now, guard, row.state, asked)
    await saveVerdict(transaction, rollout.rolloutId, guard.name, verdict)
  })
}

const verdictOf = async (
  { db, readAlert }: JudgeRolloutOptions,
  rollout: WatchedRollout,
  guard: Guard,
  state: unknown,
  asked: Measured | undefined,
): Promise<Verdict> => {
  if (guard.kind === 'events') return learn(db, rollout, guard, state as StoredTrial | null)
  if (guard.kind === 'alert') {
    const alert = await readAlert(db, guard.rule, rollout.rolloutId)
    return { ...judgeAlert(guard, alert, rollout.startedAt), findings: {} }
  }
  const before = (state as Watched | null) ?? { worseSince: null }
  const measured = asked ?? { problem: 'Prometheus was not asked' }
  const { watched, value, ...said } = judgeValues(guard, before, measured, {
    now: Date.now(),
    waitedSeconds: rollout.waitedSeconds,
  })
  return { ...said, findings: { value }, state: watched }
}

const learn = async (
  transaction: Kysely<Tables>,
  rollout: WatchedRollout,
  guard: EventGuard,
  stored: StoredTrial | null,
): Promise<Verdict> => {
  const { rolloutId } = rollout
  const limit = guard.worse === 'more' ? 1 + guard.margin : 1 / (1 + guard.margin)
  const trial = stored === null ? openTrial(rolloutId, limit) : readTrial(stored)
  const evidence = await takeEvidence(transaction, rolloutId, guard.name)
  observe(trial, evidence)
  if (evidence.length === piecesMost) await lookAtOnce(transaction, rolloutId)
  const { estimate, ...said } = judge(trial, guard, rollout)
  return { ...said, findings: { estimate }, state: writeTrial(trial) }
}

/** The words that a query may have in place of what nobody knows before the release. */
const filledIn = (query: string, { appId, revision }: WatchedRollout): string =>
  query.replaceAll('$appId', appId ?? '').replaceAll('$revision', String(revision ?? ''))

/** What a rollback says comes first: after it the rollout hears nobody any more. */
const urgency = { rollback: 0, hold: 1, go: 2 }

const tell = async ({ db, send }: JudgeRolloutOptions, rolloutId: number): Promise<void> => {
  const rows = await listGuards(db, rolloutId)
  for (const { name, decision, reason, told, told_at: toldAt } of rows.toSorted(
    (one, other) => urgency[one.decision] - urgency[other.decision],
  )) {
    const before = told as Told | null
    const isSame = before?.decision === decision && before.reason === reason
    if (isSame && toldAt !== null && Date.now() - toldAt.getTime() < repeatAfterMs) continue
    await send(rolloutId, { name, decision, reason, expiresInSeconds })
    await noteTold(db, rolloutId, name, { decision, reason })
    if (decision === 'rollback') return
  }
}
