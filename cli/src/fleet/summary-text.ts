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

/** A plan: a line for each that would not stay as it is. What was done: a line for each that was refused. Then the counts. */
export const summaryText = (summary: ImportSummary, placeOf: (line: number) => string): string => {
  const { dryRun, created, changed, refused } = summary
  const told = summary.items.filter(({ result }) => dryRun || result === 'refused')
  const items = told.slice(0, shownMost).map((item) => itemText(item, placeOf))
  const more = (dryRun ? created + changed : 0) + refused - items.length
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
