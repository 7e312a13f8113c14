import type { Usage } from '../../../../contract/shipment.ts'
import type { Tally } from '../../platform/tally/tally.ts'
import { foldLines } from './fold-lines.ts'
import { foldUses } from './fold-uses.ts'
import { type Journal, timeOf, wordsOfLine } from './journal.ts'

/** What was counted of an app in a minute. */
export interface Folded {
  /** Empty: of no app that is known here. */
  appId: string
  /** Whole, in ms since 1970. */
  minute: number
  /** Undefined where no config was asked for. */
  tally: Tally | undefined
  uses: Usage[]
}

const minuteMs = 60_000

/** Makes tallies of a journal, one at a time, so that whoever folds can stop in between. */
export function* foldJournal(journal: Journal): Generator<Folded, void> {
  const { lines, ends } = linesByApp(journal)
  for (let app = 0, from = 0; app < ends.length; app += 1) {
    const end = ends[app] ?? 0
    while (from < end) {
      const minute = minuteOf(journal, lines[from] ?? 0)
      const to = endOfMinute(journal, lines, minute, from, end)
      const those = lines.subarray(from, to)
      const appId = journal.names.apps.texts[app] ?? ''
      yield {
        ...{ appId, minute, tally: foldLines(journal, those, appId !== '') },
        uses: foldUses(journal, those, appId),
      }
      from = to
    }
  }
}

const appOf = ({ words }: Journal, line: number): number => words[line * wordsOfLine] ?? 0

const minuteOf = (journal: Journal, line: number): number =>
  Math.floor(timeOf(journal, line) / minuteMs) * minuteMs

/** Nearly always all of an app are of one minute, which the last of them tells. */
const endOfMinute = (
  journal: Journal,
  lines: Uint32Array,
  minute: number,
  from: number,
  end: number,
): number => {
  if (minuteOf(journal, lines[end - 1] ?? 0) === minute) return end
  let to = from + 1
  while (minuteOf(journal, lines[to] ?? 0) === minute) to += 1
  return to
}

/** The lines by their apps, of each in the order of time, and where those of each app end: a counting sort. */
const linesByApp = (journal: Journal): { lines: Uint32Array; ends: Uint32Array } => {
  const ends = new Uint32Array(journal.names.apps.texts.length)
  for (let line = 0; line < journal.lines; line += 1) {
    const app = appOf(journal, line)
    ends[app] = (ends[app] ?? 0) + 1
  }
  // Where each begins; each line then moves it on, up to its end.
  for (let app = 0, sum = 0; app < ends.length; app += 1) {
    const count = ends[app] ?? 0
    ends[app] = sum
    sum += count
  }
  const lines = new Uint32Array(journal.lines)
  for (let line = 0; line < journal.lines; line += 1) {
    const app = appOf(journal, line)
    const place = ends[app] ?? 0
    lines[place] = line
    ends[app] = place + 1
  }
  return { lines, ends }
}
