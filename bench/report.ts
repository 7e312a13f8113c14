import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export const progress = (line: string): void => console.error(`bench: ${line}`)

export const median = (values: readonly number[]): number => quantile(values, 0.5)

/** The value below which a share of the values lies (nearest rank). */
export const quantile = (values: readonly number[], share: number): number => {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? Number.NaN
}

/** A figure beside the target of issue 2. */
export interface Verdict {
  target: string
  met: boolean
}

export const atLeast = (value: number, target: number, unit: string): Verdict => ({
  target: `>= ${target} ${unit}`,
  met: value >= target,
})

export const atMost = (value: number, target: number, unit: string): Verdict => ({
  target: `<= ${target} ${unit}`,
  met: value <= target,
})

export const say = (verdict: Verdict | undefined): string =>
  verdict ? `${verdict.target}: ${verdict.met ? 'met' : 'not met'}` : ''

/** Prints rows under a title, numbers to the right. */
export const printTable = (
  title: string,
  columns: readonly string[],
  rows: readonly (readonly string[])[],
): void => {
  const widths = columns.map((column, at) =>
    Math.max(column.length, ...rows.map((row) => (row[at] ?? '').length)),
  )
  const isText = (at: number): boolean => at === 0 || at === columns.length - 1
  const line = (row: readonly string[]): string =>
    row
      .map((cell, at) => (isText(at) ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join('   ')
      .trimEnd()
  console.log(
    ['', title, line(columns), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n'),
  )
}

export const number = (value: number, digits = 0): string =>
  value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })

export const mebibytes = (bytes: number): string => number(bytes / 2 ** 20, 1)

/** Writes what was measured to bench/results/, where it is not under version control. */
export const saveResults = (results: object): string => {
  const folder = join(import.meta.dirname, 'results')
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `${new Date().toISOString().replaceAll(':', '-').slice(0, 19)}.json`)
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`)
  return file
}
