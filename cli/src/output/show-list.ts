import type { Session } from '../asking-command.ts'
import type { ItemOf, ListLine, Question } from '../operation-types.ts'
import { write } from './print.ts'
import { type Column, openTable } from './table.ts'

/** What every list command takes. */
export const listOptions = {
  limit: {
    type: 'integer',
    value: 'n',
    min: 1,
    max: 1_000_000_000,
    doc: 'so many at most; else 50, and with --json all',
  },
  all: { type: 'boolean', doc: 'all of them' },
} as const

const shownUnlessAsked = 50
/** The most that the API gives a page; of some lists fewer. */
const largestPage = 200

interface Given {
  limit: number | undefined
  all: boolean
}

/**
 * Shows a list of the API as a table, or with --json an item a line. A table ends after 50 rows, and says that there is
 * more; programs get all.
 */
export const showList = async <L extends ListLine>(
  { client, print }: Session,
  given: Given,
  line: L,
  question: Question<L>,
  columns: readonly Column<ItemOf<L>>[],
  pageMost = largestPage,
): Promise<void> => {
  const most = given.limit ?? (given.all || print.isJson ? Number.POSITIVE_INFINITY : shownUnlessAsked)
  // One more than is shown tells whether there is more.
  const query = { ...question.query, limit: Math.min(pageMost, most + 1) }
  const items = client.list(line, { ...question, query })
  if (print.isJson) return writeJsonLines(items, most)
  const { shown, isMore } = await writeTable(items, columns, most)
  if (shown === 0) print.note('There is none.')
  if (isMore) print.note(`${shown} shown, and there is more: ask with --limit <n> or --all.`)
}

const writeTable = async <Item>(
  items: AsyncIterable<Item>,
  columns: readonly Column<Item>[],
  most: number,
): Promise<{ shown: number; isMore: boolean }> => {
  const table = openTable(columns, process.stdout.columns ?? Number.POSITIVE_INFINITY)
  let rows: Item[] = []
  let shown = 0
  const flush = async (): Promise<void> => {
    if (rows.length > 0) await write(`${table.lines(rows).join('\n')}\n`)
    rows = []
  }
  for await (const item of items) {
    if (shown === most) {
      await flush()
      return { shown, isMore: true }
    }
    shown += 1
    if (rows.push(item) === largestPage) await flush()
  }
  await flush()
  return { shown, isMore: false }
}

const writeJsonLines = async (items: AsyncIterable<unknown>, most: number): Promise<void> => {
  let shown = 0
  for await (const item of items) {
    await write(`${JSON.stringify(item)}\n`)
    shown += 1
    if (shown === most) return
  }
}
