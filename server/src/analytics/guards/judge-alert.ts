import type { AlertGuard } from '../../../../contract/guard.ts'
import type { Judgement } from './judge.ts'

/** What there is of a rule; undefined: there is no such rule. `since`: when the first that is firing began to. */
export interface AlertState {
  state: 'quiet' | 'pending' | 'firing'
  since: Date | null
}

/** What an alert says of going on: one that begins while the rollout is under way takes it back; one that was there before holds it. */
export const judgeAlert = (
  { rule }: AlertGuard,
  alert: AlertState | undefined,
  startedAt: Date,
): Pick<Judgement, 'decision' | 'reason'> => {
  const say = (decision: Judgement['decision'], reason: string) => ({ decision, reason })
  if (alert === undefined) return say('hold', `there is no alert rule ${rule}`)
  if (alert.state === 'quiet') return say('go', `the alert ${rule} is quiet`)
  if (alert.state === 'pending') return say('hold', `the alert ${rule} is about to fire`)
  if (alert.since !== null && alert.since < startedAt)
    return say('hold', `the alert ${rule} fires since before the rollout began`)
  return say('rollback', `the alert ${rule} fires`)
}
