import type { ImportSummary } from '../../../contract/fleet.ts'
import type { Session } from '../asking-command.ts'
import { exitCodes, Failure } from '../command.ts'
import type { PlacedLine } from '../files/read-fleet.ts'
import { openProgress } from '../output/progress.ts'
import { sendLines } from './send-lines.ts'

/** What applying a folder would do. */
export interface FolderPlan {
  lines: PlacedLine[]
  summary: ImportSummary
  isNothingToDo: boolean
}

/** Reads a folder of fleet files and asks the server what they would change. Throws a Failure for files that are wrong. */
export const planFolder = async ({ client, print }: Session, folder: string): Promise<FolderPlan> => {
  // Its schemas take long to load: nobody waits for them who has no folder.
  const { readFleet } = await import('../files/read-fleet.ts')
  const lines = await readFleet(folder)
  const progress = openProgress(0, print.isJson)
  progress.show(0, `Planning ${lines.length} lines`)
  const { summary } = await sendLines(client, textsOf(lines), { dryRun: true }).finally(progress.end)
  if (summary.stopped) {
    const { code, detail } = summary.stopped
    throw new Failure(
      `The plan could not be made: ${detail} (${code})`,
      code === 'store_unavailable' ? exitCodes.unreachable : exitCodes.failed,
    )
  }
  return { lines, summary, isNothingToDo: summary.created + summary.changed + summary.refused === 0 }
}

export const textsOf = (lines: readonly PlacedLine[]): string[] =>
  lines.map(({ line }) => JSON.stringify(line))

/** Where a line was written: its file, and the place in it. */
export const placeIn =
  (lines: readonly PlacedLine[]) =>
  (number: number): string => {
    const placed = lines[number - 1]
    return placed ? `${placed.path} ${placed.pointer}` : `line ${number}`
  }

/** The same for programs: each item with its file and the place in it. */
export const withPlaces = (summary: ImportSummary, lines: readonly PlacedLine[]) => ({
  ...summary,
  items: summary.items.map((item) => {
    const placed = lines[item.line - 1]
    return placed ? { ...item, file: placed.path, at: placed.pointer } : item
  }),
})
