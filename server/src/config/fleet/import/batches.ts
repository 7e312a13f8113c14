import type { ImportedLine } from '../../../../../contract/fleet.ts'
import type { FleetLine } from '../../../../../contract/fleet-lines.ts'
import type { Line } from '../../../platform/http/read-lines.ts'
import { type Entry, nameOfLine, readEntry } from './read-entry.ts'

/** Lines that are worked on in one transaction; no two of them are about the same thing. */
export interface Batch {
  entries: Entry[]
  /** Those that say nothing that could be done. */
  refused: ImportedLine[]
}

const linesMost = 500
const bytesMost = 8 * 2 ** 20

/** Puts lines together as they come. A line that speaks again of what was spoken of begins the next batch. */
export async function* batchesOf(lines: AsyncIterable<Line>): AsyncGenerator<Batch> {
  let batch: Batch = { entries: [], refused: [] }
  let spokenOf = new Set<string>()
  let bytes = 0
  const sizeOf = () => batch.entries.length + batch.refused.length
  const begin = (): void => {
    batch = { entries: [], refused: [] }
    spokenOf = new Set()
    bytes = 0
  }
  for await (const line of lines) {
    const entry = readEntry(line)
    const isFull = sizeOf() >= linesMost || bytes + line.bytes > bytesMost
    const isAgain = 'says' in entry && keysOf(entry.says).some((key) => spokenOf.has(key))
    if (sizeOf() > 0 && (isFull || isAgain)) {
      yield batch
      begin()
    }
    bytes += line.bytes
    if ('says' in entry) {
      batch.entries.push(entry)
      for (const key of keysOf(entry.says, true)) spokenOf.add(key)
    } else batch.refused.push(entry)
  }
  if (sizeOf() > 0) yield batch
}

/** An app's settings are done before its versions and releases, so they may not come after these in one batch. */
const keysOf = (says: FleetLine, noting = false): string[] => {
  if (says.type === 'app') return [`app ${says.appId}`, ...(noting ? [] : [`of ${says.appId}`])]
  const own = says.type === 'version' ? nameOfLine(says) : `${says.appId} ${says.channel}`
  return [`${says.type} ${own}`, ...(noting ? [`of ${says.appId}`] : [])]
}
