import type { EventGuard, GuardEstimate } from '../../../../contract/guard.ts'
import { ratios, type Trial } from './trial.ts'

export type JudgeOptions = Pick<EventGuard, 'per' | 'minimumExposures' | 'alpha' | 'maxHoldSeconds'>

/** Where the rollout stands. */
export interface Moment {
  percent: number
  /** Since its next step was due; 0 before. */
  waitedSeconds: number
}

export interface Judgement {
  decision: 'go' | 'hold' | 'rollback'
  /** The same words as long as it stands the same, so that nobody is told twice. */
  reason: string
  estimate: GuardEstimate
}

/** Above this the rollout waits for more, rather than to bring to others what may be harm. */
const leaningAt = 2
/** Nearer to a ratio than this nobody minds, and farther off it is found all the same. */
const [nearest, farthest] = [1.1, 8]

/**
 * What a trial says of going on. However often it is asked, a release without harm is taken back with the probability alpha at
 * most: the evidence is a mixture of likelihood ratios, whose expectation is 1 at any time, so that it ever reaches 1 / alpha with no
 * more than that (Ville 1939; Robbins 1970; Howard, Ramdas, McAuliffe, Sekhon 2021).
 */
export const judge = (trial: Trial, options: JudgeOptions, moment: Moment): Judgement => {
  const { per, minimumExposures, alpha, maxHoldSeconds } = options
  const enough = 1 / (alpha * shareOfRound(trial.round))
  const evidence = evidenceAgainst(trial, trial.limit, trial.logLikelihoods[0] ?? 0)
  const estimate = estimateOf(trial, enough, evidence)
  const say = (decision: Judgement['decision'], reason: string): Judgement => ({ decision, reason, estimate })
  if (evidence >= enough) {
    return say('rollback', `${timesOf(estimate)} (${sidesOf(trial)})`)
  }
  if (moment.percent >= 100) return say('go', 'all devices have it, so there is nobody left to compare with')
  const isEnough = trial.worth >= minimumExposures
  if (isEnough && evidence < leaningAt) return say('go', 'no harm found')
  const lack = isEnough
    ? 'it leans to harm, which is not certain yet'
    : `waits for ${minimumExposures} ${per} on the new revision`
  if (moment.waitedSeconds < maxHoldSeconds) return say('hold', lack)
  return say('go', `goes on after ${maxHoldSeconds} s without being sure: ${lack}`)
}

/** Of alpha, what a round may use up: all of them together use it up once. */
const shareOfRound = (round: number): number => (round === 1 ? 0.8 : 0.2 / (round * (round - 1)))

const logMeanExp = (logs: readonly number[]): number => {
  const most = Math.max(...logs)
  return most + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - most), 0) / logs.length)
}

/** Ratios worth betting on against one of harm, or against one of no harm. */
const isFarFrom = (from: number, ratio: number, isUpwards: boolean): boolean =>
  isUpwards
    ? ratio >= from * nearest && ratio <= Math.max(farthest, from * 2)
    : ratio <= from / nearest && ratio >= Math.min(1 / farthest, from / 2)

/**
 * How many times as likely what was seen is with other ratios than with this one: with worse ones against no harm, which is up to the limit, and
 * with better ones against harm. So what is excluded and what is decided are never at odds.
 */
const evidenceAgainst = ({ limit, logLikelihoods }: Trial, from: number, logAtFrom: number): number => {
  const isUpwards = limit >= 1 ? from <= limit : from < limit
  const others = ratios.flatMap((ratio, at) =>
    isFarFrom(from, ratio, isUpwards) ? [logLikelihoods[at + 1] ?? 0] : [],
  )
  return others.length === 0 ? 0 : Math.exp(Math.min(700, logMeanExp(others) - logAtFrom))
}

const estimateOf = (trial: Trial, enough: number, evidence: number): GuardEstimate => {
  const logs = [...trial.logLikelihoods.subarray(1)]
  const possible = ratios.filter((ratio, at) => evidenceAgainst(trial, ratio, logs[at] ?? 0) < enough)
  const isKnown = trial.firstHarms.inside + trial.firstHarms.outside > 0
  const best = ratios[logs.indexOf(Math.max(...logs))] ?? 1
  return {
    ratio: isKnown ? rounded(best) : null,
    atLeast: possible[0] === ratios[0] ? null : rounded(possible[0] ?? best),
    atMost: possible.at(-1) === ratios.at(-1) ? null : rounded(possible.at(-1) ?? best),
    evidence: rounded(evidence),
    exposures: { ...trial.exposures },
    adopted: trial.adopted,
    worth: Math.floor(trial.worth),
    harms: { ...trial.harms },
  }
}

/** Three digits: more of them would be noise. */
const rounded = (value: number): number => Number(value.toPrecision(3))

const timesOf = ({ ratio, atLeast, atMost }: GuardEstimate): string => {
  // The likelihood is kept for no ratio beyond these two.
  const beyond = ratio === ratios.at(-1) ? ' or more' : ratio === ratios[0] ? ' or less' : ''
  return `${ratio} times${beyond} as frequent on the new revision as elsewhere, from ${atLeast ?? 'any'} to ${atMost ?? 'any'}`
}

/** What the decision rests on, so that it can be checked by hand. */
const sidesOf = ({ firstHarms }: Trial): string =>
  `of 10000 groups of devices, it began in ${firstHarms.inside} that the rollout had reached and in ${firstHarms.outside} others`
