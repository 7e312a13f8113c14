import type { Kysely } from 'kysely'
import type { AlertQuestion } from '../../../../contract/alert-question.ts'
import type { Tables } from '../../platform/database/tables.ts'
import type { Tally } from '../../platform/tally/tally.ts'
import { findReplaced } from '../rollups/find-replaced.ts'

/** What went live so lately is not on its way for too long yet. */
const lagMs = 60_000

/** Before when a revision must have been replaced for all to be old, for a window that begins at `from`; undefined: nobody asks. */
const oldBefore = (on: AlertQuestion, from: number): number | undefined => {
  if (on.question === 'stuck') return from - on.replacedSeconds * 1_000
  if (on.question === 'lag') return from - lagMs
  return on.question === 'adoption' ? from : undefined
}

/** Which of the revisions that were counted are old, as the question means it. */
export const findOld = async (
  db: Kysely<Tables>,
  on: AlertQuestion,
  tallies: readonly Tally[],
  from: number,
): Promise<Set<string>> => {
  const before = oldBefore(on, from)
  if (before === undefined) return new Set()
  const facet = on.question === 'stuck' ? 'held' : 'revision'
  const seen = tallies.flatMap(({ facets }) => [...(facets.get(facet)?.keys() ?? [])])
  const replaced = await findReplaced(db, seen)
  return new Set(
    replaced.filter(({ replacedAt }) => replacedAt <= before).map(({ revision }) => String(revision)),
  )
}
