import type { Kysely } from 'kysely'
import { chunksOf } from '../../platform/chunks-of.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { textArray } from '../../platform/database/text-array.ts'
import { takeTurns } from '../../platform/take-turns.ts'
import { capTally } from '../../platform/tally/cap-tally.ts'
import { findTallyLimits } from '../events/event-limits.ts'
import { type Level, tableOf } from './levels.ts'
import { addRollup, type Rollups, readBytes, sumsOf, writeBytes } from './rollup.ts'
import { isOfApp } from './scopes.ts'

/** Rows of a statement: few enough for its time bound, and for a driver that takes 65,535 parameters. */
const rowsAtOnce = 250

/** What is kept of these scopes at the beginning of one minute, hour or day. */
export const readRollups = async (
  db: Kysely<Tables>,
  level: Level,
  at: number,
  scopes: readonly string[],
): Promise<Rollups> => {
  const rollups: Rollups = new Map()
  const turns = takeTurns()
  for (const some of chunksOf(scopes, rowsAtOnce)) {
    const rows = await db
      .selectFrom(tableOf(level))
      .select(['scope', 'body', 'sketch'])
      .where('at', '=', new Date(at))
      .where('scope', '=', (eb) => eb.fn.any(textArray(some)))
      .execute()
    for (const { scope, body, sketch } of rows) {
      await turns()
      rollups.set(scope, readBytes(scope, { body, sketch }))
    }
  }
  return rollups
}

/** Writes rollups in place of what is there, each capped before. */
export const writeRollups = async (
  db: Kysely<Tables>,
  level: Level,
  at: number,
  rollups: Rollups,
): Promise<void> => {
  const turns = takeTurns()
  // In one order, so that what belongs together lies together.
  const sorted = [...rollups].sort(([one], [two]) => (one < two ? -1 : 1))
  const limits = await findTallyLimits(db, sorted.map(([scope]) => scope).filter(isOfApp))
  for (const some of chunksOf(sorted, rowsAtOnce)) {
    const rows = []
    for (const [scope, rollup] of some) {
      await turns()
      capTally(rollup.tally, limits.get(scope))
      rows.push({
        ...{ scope, at: new Date(at), ...sumsOf(level, rollup) },
        ...writeBytes(scope, rollup),
      })
    }
    await db
      .insertInto(tableOf(level))
      .values(rows)
      .onConflict((conflict) =>
        conflict.columns(['scope', 'at']).doUpdateSet((eb) => ({
          requests: eb.ref('excluded.requests'),
          unchanged: eb.ref('excluded.unchanged'),
          refused: eb.ref('excluded.refused'),
          errors: eb.ref('excluded.errors'),
          hits: eb.ref('excluded.hits'),
          devices: eb.ref('excluded.devices'),
          body: eb.ref('excluded.body'),
          sketch: eb.ref('excluded.sketch'),
        })),
      )
      .execute()
  }
}

/** Adds rollups to what is there. Only for whoever has the turn to fold: it reads, and then writes. */
export const mergeRollups = async (
  db: Kysely<Tables>,
  level: Level,
  at: number,
  rollups: Rollups,
): Promise<void> => {
  const kept = await readRollups(db, level, at, [...rollups.keys()])
  for (const [scope, rollup] of kept) addRollup(rollups, scope, rollup)
  await writeRollups(db, level, at, rollups)
}
