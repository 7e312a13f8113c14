import type { Kysely } from 'kysely'
import type { RuleScope } from '../../../../contract/alert-rule.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { takeTurns } from '../../platform/take-turns.ts'
import { addTally, countDevices, createTally, type Tally } from '../../platform/tally/tally.ts'
import type { Asked as Question } from '../questions/asked.ts'
import { countDevices as countDevicesOf } from '../questions/count-devices.ts'
import { readRows } from '../questions/read-rows.ts'
import { findKeeping } from '../rollups/find-keeping.ts'
import type { KeepDays } from '../rollups/fold-turn.ts'
import { fleetScope, scopeBelow } from '../rollups/scopes.ts'
import { findOld } from './find-old.ts'
import type { Reading } from './judge-rule.ts'
import type { Asked, Measure } from './measure.ts'
import { measureEach } from './measure-each.ts'
import { readingOf } from './reading-of.ts'

/** Answers by what was counted, as the questions of the Analytics API do: from the same rows. */
export const measureRollups =
  (keep: KeepDays): Measure =>
  async (db, asked) => {
    const { now, keptSince } = await findKeeping(db, keep)
    const { scope } = asked
    if (scope.kind === 'eachApp') return measureEach(db, { ...asked, scope }, keptSince)
    const { from, to } = asked.window
    const question: Question = {
      ...{ db, appId: scope.kind === 'app' ? scope.appId : null, template: null, scope: scopeOf(scope) },
      ...{ from, to, interval: 'total', timeZone: 'UTC', groupBy: null, limit: 1, after: null },
      ...{ slices: [{ start: from, end: to }], now, keptSince, notes: new Set<string>() },
    }
    return new Map([['', await measureScope(db, asked, question)]])
  }

const scopeOf = (scope: Exclude<RuleScope, { kind: 'eachApp' }>): string => {
  if (scope.kind === 'fleet') return fleetScope
  return scope.kind === 'app' ? scope.appId : scopeBelow(scope.appId)
}

/** What was counted of one scope in a window, put together. */
const measureScope = async (
  db: Kysely<Tables>,
  { on, window }: Asked,
  question: Question,
): Promise<Reading> => {
  const tally = createTally()
  const turns = takeTurns()
  for (const row of await readRows(question, question.slices, 'whole')) {
    await turns()
    addTally(tally, row.tally())
  }
  const devices = on.question === 'devices' ? await devicesIn(question, tally) : 0
  const replaced = await findOld(db, on, [tally], window.from)
  return readingOf(on, tally, { devices, replaced, seconds: (window.to - window.from) / 1_000 })
}

const devicesIn = async (question: Question, tally: Tally): Promise<number> => {
  if (question.appId !== null) return countDevices(tally).devices
  const [told] = await countDevicesOf(question, question.slices)
  return told?.devices ?? 0
}
