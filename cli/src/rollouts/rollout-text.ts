import type { Rollout } from '../../../contract/rollout.ts'
import { fieldLines } from '../output/table.ts'
import { counted } from '../output/terminal-text.ts'

/** A rollout as lines of name and value. */
export const rolloutText = (rollout: Rollout): string => {
  const { plan } = rollout
  return fieldLines([
    ['rollout', rollout.rolloutId],
    ['state', rollout.state],
    ['devices', `${rollout.percent} %`],
    ['next step', rollout.nextStepAt],
    ['of', rollout.appId === null ? counted(rollout.apps, 'app') : `${rollout.appId} on ${rollout.channel}`],
    ['revision', rollout.revision],
    [
      'plan',
      `${plan.growth}, ${plan.growthFactorPercent} %, over ${plan.durationSeconds} s, watched ${plan.bakeSeconds} s more`,
    ],
    ['guards', plan.guards?.map(({ name }) => name).join(', ')],
    ['started', `${rollout.startedAt} by ${rollout.actor}`],
    ['ended', rollout.endedAt],
    ['reason', rollout.reason],
  ])
}
