import type { ImportedLine, ImportSummary } from '../../../../../contract/fleet.ts'
import { Problem } from '../../../../../contract/problems.ts'
import type { Actor } from '../../../platform/auth/authenticate.ts'
import { toProblem } from '../../../platform/http/problem-response.ts'
import type { Line } from '../../../platform/http/read-lines.ts'
import type { Transact } from '../../change.ts'
import { liveKey } from '../../store/app-sets.ts'
import { nameOf } from '../../store/documents.ts'
import { type Batch, batchesOf } from './batches.ts'
import { type Known, nothingKnown } from './known.ts'
import { type BatchDone, runBatch } from './run-batch.ts'

interface Importing {
  transact: Transact
  by: { actor: Actor; requestId: string }
  dryRun: boolean
  /** Told of a fault of ours, whose cause the caller does not get. */
  onFault: (problem: Problem) => void
}

const mostItems = 10_000
/** Each takes a few hundred bytes. */
const mostPlanned = 100_000

/**
 * Brings the fleet to what the lines say, batch by batch, and tells of it in one JSON document at the end. A line feed is sent
 * for each batch, which JSON allows before a document: whoever waits sees that the work goes on. An error before the first of
 * them is thrown; a later one ends the import, and the summary tells at which line.
 */
export async function* importFleet(lines: AsyncIterable<Line>, importing: Importing): AsyncGenerator<string> {
  const { dryRun, onFault } = importing
  const counts = { lines: 0, created: 0, changed: 0, unchanged: 0, refused: 0 }
  const items: ImportedLine[] = []
  let stopped: ImportSummary['stopped'] = null
  let planned = nothingKnown()
  for await (const batch of batchesOf(lines)) {
    let done: BatchDone
    try {
      refuseTooMany(planned)
      done = await run(importing, batch, planned)
    } catch (error) {
      const problem = toProblem(error)
      if (counts.lines === 0) throw error
      if (problem.status >= 500) onFault(problem)
      stopped = { line: firstLine(batch), code: problem.code, detail: problem.message }
      break
    }
    for (const line of done.lines) {
      counts.lines += 1
      counts[countedAs[line.result]] += 1
      if (line.result !== 'unchanged' && items.length < mostItems) items.push(line)
    }
    if (dryRun) planned = remember(planned, done)
    yield '\n'
  }
  const summary: ImportSummary = { dryRun, ...counts, items, stopped }
  yield JSON.stringify(summary)
}

const countedAs = {
  create: 'created',
  change: 'changed',
  unchanged: 'unchanged',
  refused: 'refused',
} as const

const firstLine = ({ entries, refused }: Batch): number =>
  Math.min(...[...entries, ...refused].map(({ line }) => line))

/** A dry run does it too, so that all is checked that an import checks, and takes it back. */
class TakenBack extends Error {
  readonly done: BatchDone

  constructor(done: BatchDone) {
    super('a dry run')
    this.done = done
  }
}

const run = async ({ transact, by, dryRun }: Importing, batch: Batch, planned: Known): Promise<BatchDone> => {
  if (!dryRun) return transact(by, (scope) => runBatch(scope, batch, planned))
  try {
    return await transact(by, async (scope) => {
      throw new TakenBack(await runBatch(scope, batch, planned))
    })
  } catch (error) {
    if (error instanceof TakenBack) return error.done
    throw error
  }
}

/** What this batch would have brought, for the lines after it. */
const remember = (planned: Known, { lines, known }: BatchDone): Known => {
  const { apps, versions, live } = planned
  for (const { type, id, result } of lines) {
    if (id === null || (result !== 'create' && result !== 'change')) continue
    const [appId = '', ...rest] = id.split(' ')
    const app = known.apps.get(appId)
    if (type === 'app' && app) apps.set(appId, { ...app, isPlanned: app.isPlanned || result === 'create' })
    const name = nameOf({ appId, version: rest.at(-1) ?? '' })
    const version = known.versions.get(name)
    if (type === 'version' && version) versions.set(name, { ...version, isPlanned: true })
    const key = liveKey({ appId, channel: rest[0] ?? '' })
    const now = known.live.get(key)
    if (type === 'release' && now) live.set(key, { ...now, isPlanned: true })
  }
  return planned
}

const refuseTooMany = ({ apps, versions, live }: Known): void => {
  if (apps.size + versions.size + live.size <= mostPlanned) return
  throw new Problem('body_too_large', {
    detail: `A dry run remembers what ${mostPlanned} lines would bring, and these bring more. Import them in parts.`,
  })
}
