import type { ImportedLine, ImportSummary } from '../../../contract/fleet.ts'
import { type Client, queryText } from '../client.ts'
import { Failure } from '../command.ts'

/** What many requests of one import came to. */
export interface SentLines {
  summary: ImportSummary
  /** Ended by whoever watches, before the last line. */
  isInterrupted: boolean
}

interface Watch {
  dryRun: boolean
  /** After each request: lines and bytes so far. */
  onSent?: (sent: { lines: number; bytes: number }) => void
  /** Whether to end before the next request. */
  isStopped?: () => boolean
}

/** A request holds some seconds of work, so that there is progress to show and little to repeat. */
const linesAtOnce = 1000
const bytesAtOnce = 4 * 1024 * 1024
/** As the API does with each request. */
const itemsMost = 10_000

interface Chunk {
  text: string
  lines: number
}

async function* chunksOf(
  lines: AsyncIterable<string> | Iterable<string>,
  isWhole: boolean,
): AsyncGenerator<Chunk> {
  let pieces: string[] = []
  let size = 0
  for await (const line of lines) {
    pieces.push(line)
    size += line.length + 1
    if (!isWhole && (pieces.length >= linesAtOnce || size >= bytesAtOnce)) {
      yield { text: `${pieces.join('\n')}\n`, lines: pieces.length }
      pieces = []
      size = 0
    }
  }
  if (pieces.length > 0) yield { text: `${pieces.join('\n')}\n`, lines: pieces.length }
}

/**
 * Imports lines, some at a time; each request is as good as done when it is answered, and the whole can be repeated. A dry
 * run goes as one request, for a later line may need what an earlier one would have made. Throws as the client does.
 */
export const sendLines = async (
  client: Client,
  lines: AsyncIterable<string> | Iterable<string>,
  { dryRun, onSent, isStopped }: Watch,
): Promise<SentLines> => {
  let summary = nothingYet(dryRun)
  let bytes = 0
  for await (const chunk of chunksOf(lines, dryRun)) {
    if (isStopped?.()) return { summary, isInterrupted: true }
    const answer = await send(client, chunk, dryRun).catch((error: unknown) => {
      throw summary.lines > 0 && error instanceof Failure ? afterLines(error, summary.lines) : error
    })
    summary = added(summary, answer, chunk.lines)
    if (summary.stopped) break
    bytes += Buffer.byteLength(chunk.text)
    onSent?.({ lines: summary.lines, bytes })
  }
  return { summary, isInterrupted: false }
}

const send = async (client: Client, { text }: Chunk, dryRun: boolean): Promise<ImportSummary> => {
  const answer = await client.send({
    method: 'POST',
    path: `/manage/v1/import${queryText({ dryRun: String(dryRun) })}`,
    headers: { 'content-type': 'application/x-ndjson' },
    body: text,
  })
  return answer as ImportSummary
}

/** What came before stays done, whatever went wrong then. */
const afterLines = ({ message, exitCode }: Failure, lines: number): Failure =>
  new Failure(`${message}\n${lines} lines were done before that; the same command goes on there.`, exitCode)

const nothingYet = (dryRun: boolean): ImportSummary => ({
  dryRun,
  lines: 0,
  created: 0,
  changed: 0,
  unchanged: 0,
  refused: 0,
  items: [],
  stopped: null,
})

/** The sum of two requests; lines are counted from the first line of all. */
const added = (before: ImportSummary, next: ImportSummary, lines: number): ImportSummary => {
  const moved = <At extends { line: number }>(at: At): At => ({ ...at, line: at.line + before.lines })
  const items: ImportedLine[] = [...before.items, ...next.items.map(moved)]
  return {
    dryRun: before.dryRun,
    lines: before.lines + lines,
    created: before.created + next.created,
    changed: before.changed + next.changed,
    unchanged: before.unchanged + next.unchanged,
    refused: before.refused + next.refused,
    items: items.slice(0, itemsMost),
    stopped: next.stopped && moved(next.stopped),
  }
}
