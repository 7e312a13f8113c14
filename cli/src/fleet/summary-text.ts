import type { ImportedLine, ImportSummary } from '../../../contract/fleet.ts'
import { oneLine, painted } from '../output/terminal-text.ts'

/** As many as a person looks through; programs get all. */
const shownMost = 200

const signs = {
  create: painted('green', '+'),
  change: painted('yellow', '~'),
  refused: painted('red', '!'),
  unchanged: ' ',
} as const

/** What became, or would become, of the lines: one each that is not as it was, then the counts. */
export const summaryText = (summary: ImportSummary, placeOf: (line: number) => string): string => {
  const items = summary.items.slice(0, shownMost).map((item) => itemText(item, placeOf))
  const more = summary.created + summary.changed + summary.refused - items.length
  return [...items, ...(more > 0 ? [`  ... and ${more} more`] : []), countsText(summary)].join('\n')
}

const itemText = (item: ImportedLine, placeOf: (line: number) => string): string => {
  const what = `${signs[item.result]} ${(item.type ?? 'line').padEnd(7)} ${oneLine(item.id ?? '')}`
  if (!item.problem) return what
  const pointer = item.problem.pointer ? ` ${item.problem.pointer}` : ''
  return `${what}\n    ${placeOf(item.line)}${pointer}: ${oneLine(item.problem.detail)}`
}

const countsText = (summary: ImportSummary): string => {
  const { dryRun, created, changed, unchanged, refused } = summary
  const words = dryRun
    ? [`${created} to create`, `${changed} to change`, `${unchanged} unchanged`]
    : [`${created} created`, `${changed} changed`, `${unchanged} unchanged`]
  return `${dryRun ? 'Plan' : 'Done'}: ${[...words, `${refused} refused`].join(', ')}.`
}
