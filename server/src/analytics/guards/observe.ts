import { sizeOf } from '../../platform/buckets/in-percentage.ts'
import { bucketCount, type Evidence, type Sides } from './evidence.ts'
import { ratiosOf, type Trial } from './trial.ts'

/** However few devices seem to have the new revision: a release that breaks the app before it says so has to be found too. */
const leastAdoption = 0.2
/** So many exposures inside are looked back on for how many devices have the new revision. */
const lookBack = 300
/** Before that it is anybody's guess. */
const exposuresToTell = 20

const roundLeastMs = 3_600_000
const roundLeastHarms = 100

/**
 * Adds evidence, in the order in which it came, to a trial. The likelihood of a ratio r takes into account that of the devices inside only a
 * part `a` has the new revision yet: there harm is 1 + (r - 1) a times as frequent. `a` is that of the evidence before, so that no
 * bet is made on what is already known.
 *
 * A partial likelihood of Cox's model with the buckets drawn by lot; as a sequential test: ter Schure, Pérez-Ortiz, Ly,
 * Grünwald, "The anytime-valid logrank test", New England Journal of Statistics in Data Science 2(2), 2024.
 */
export const observe = (trial: Trial, all: readonly Evidence[]): void => {
  for (const evidence of all) {
    if (trial.roundStartedAt === 0) trial.roundStartedAt = evidence.at
    addFirstHarms(trial, evidence)
    addCounts(trial, evidence)
    beginRoundWhenSpent(trial, evidence.at)
  }
}

/** By the number of the bucket, which knows nothing of sides: what came together has no order of its own. */
const addFirstHarms = (trial: Trial, { harmed, percent }: Evidence): void => {
  const { failed, places, logLikelihoods, firstHarms } = trial
  const news = [...new Set(harmed)].filter((bucket) => !failed[bucket]).sort((a, b) => a - b)
  if (news.length === 0) return
  const size = sizeOf(percent)
  const factors = ratiosOf(trial).map((ratio) => 1 + (ratio - 1) * adoptionOf(trial))
  const left = countLeft(trial, size)
  for (const bucket of news) {
    const side = (places[bucket] ?? 0) < size ? 'inside' : 'outside'
    // Where all who are left are on one side, that it is there says nothing.
    if (left.inside > 0 && left.outside > 0) {
      for (let at = 0; at < factors.length; at++) {
        const weight = (factors[at] ?? 1) * left.inside
        const probability = (side === 'inside' ? weight : left.outside) / (weight + left.outside)
        logLikelihoods[at] = (logLikelihoods[at] ?? 0) + Math.log(probability)
      }
    }
    left[side] -= 1
    failed[bucket] = 1
    firstHarms[side] += 1
  }
}

const adoptionOf = ({ lately }: Trial): number =>
  lately.inside < exposuresToTell ? leastAdoption : Math.max(leastAdoption, lately.adopted / lately.inside)

/** Buckets that have had no harm yet. */
const countLeft = ({ failed, places }: Trial, size: number): Sides => {
  let [inside, outside] = [0, 0]
  for (let bucket = 0; bucket < bucketCount; bucket++) {
    if (failed[bucket]) continue
    if ((places[bucket] ?? 0) < size) inside += 1
    else outside += 1
  }
  return { inside, outside }
}

const addCounts = (trial: Trial, { exposures, adopted, harms, seen, harmed }: Evidence): void => {
  trial.exposures.inside += exposures.inside
  trial.exposures.outside += exposures.outside
  trial.harms.inside += harms.inside
  trial.harms.outside += harms.outside
  trial.adopted += adopted
  const kept = Math.exp(-exposures.inside / lookBack)
  trial.lately.inside = trial.lately.inside * kept + exposures.inside
  trial.lately.adopted = trial.lately.adopted * kept + adopted
  // Where one in three has it, a difference shows a third as clearly, and takes nine times as many to be seen.
  if (exposures.inside > 0) trial.worth += adopted * (trial.lately.adopted / trial.lately.inside)
  for (const bucket of seen) noteSeen(trial, bucket)
  for (const bucket of harmed) noteSeen(trial, bucket)
}

const noteSeen = (trial: Trial, bucket: number): void => {
  if (trial.seen[bucket]) return
  trial.seen[bucket] = 1
  trial.seenCount += 1
}

/** When half of the buckets have had their first harm, too few are left to learn from: each may have it again. */
const beginRoundWhenSpent = (trial: Trial, at: number): void => {
  const spent = trial.firstHarms.inside + trial.firstHarms.outside
  if (spent < roundLeastHarms || at - trial.roundStartedAt < roundLeastMs) return
  if (spent * 2 < trial.seenCount) return
  trial.round += 1
  trial.roundStartedAt = at
  trial.failed.fill(0)
  trial.logLikelihoods.fill(0)
  trial.firstHarms = { inside: 0, outside: 0 }
}
