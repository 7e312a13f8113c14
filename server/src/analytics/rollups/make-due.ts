import type { Kysely } from 'kysely'
import type { Tables } from '../../platform/database/tables.ts'
import { textArray } from '../../platform/database/text-array.ts'
import { takeTurns } from '../../platform/take-turns.ts'
import { deleteDue, listDue, noteDue } from './due.ts'
import { graceMs } from './find-work.ts'
import { inFoldTurn, type KeepDays } from './fold-turn.ts'
import { type Level, lengthMs, tableOf } from './levels.ts'
import { makePartition } from './make-partition.ts'
import { addRollup, type Rollups, readBytes } from './rollup.ts'
import { writeRollups } from './store-rollups.ts'

/** Of each level that is made from a finer one: scopes of one transaction. */
const makings = {
  hour: { from: 'minute', scopesAtOnce: 50 },
  day: { from: 'hour', scopesAtOnce: 100 },
} as const satisfies Partial<Record<Level, { from: Level; scopesAtOnce: number }>>

interface MakeOptions {
  db: Kysely<Tables>
  keep: KeepDays
}

/**
 * Makes some of the hours, or days, that are over and whose minutes, or hours, have changed: anew from all of these, so that it
 * does not matter how often it is done. Returns how many it made; undefined where another node is at it.
 */
export const makeDue = ({ db, keep }: MakeOptions, level: 'hour' | 'day'): Promise<number | undefined> =>
  inFoldTurn(db, keep, async ({ db: transaction, now }) => {
    const { from, scopesAtOnce } = makings[level]
    const due = await listDue(transaction, level, now - lengthMs[level] - graceMs, scopesAtOnce)
    if (due === undefined) return 0
    const { at, scopes } = due
    const rollups = await addUp(transaction, from, { at, until: at + lengthMs[level], scopes })
    await makePartition(transaction, level, at)
    await writeRollups(transaction, level, at, rollups)
    await noteDue(transaction, level, at, [...rollups.keys()])
    await deleteDue(transaction, level, at, scopes)
    return scopes.length
  })

interface Range {
  at: number
  until: number
  scopes: readonly string[]
}

/** The sum of the rollups of a finer level, by scope. */
const addUp = async (db: Kysely<Tables>, level: Level, { at, until, scopes }: Range): Promise<Rollups> => {
  const rows = await db
    .selectFrom(tableOf(level))
    .select(['scope', 'body', 'sketch'])
    .where('at', '>=', new Date(at))
    .where('at', '<', new Date(until))
    .where('scope', '=', (eb) => eb.fn.any(textArray(scopes)))
    .execute()
  const rollups: Rollups = new Map()
  const turns = takeTurns()
  for (const { scope, body, sketch } of rows) {
    await turns()
    addRollup(rollups, scope, readBytes(scope, { body, sketch }))
  }
  return rollups
}
