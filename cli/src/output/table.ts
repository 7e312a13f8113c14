import { oneLine, painted, toWidth, widthOf } from './terminal-text.ts'

export interface Column<Item> {
  head: string
  of: (item: Item) => string | number | boolean | null | undefined
}

/** Below this a column tells nothing any more. */
const narrowest = 8
const gap = '  '

/** Makes the lines of one table, some rows at a time; columns grow with what comes, and shrink to the terminal's width. */
export const openTable = <Item>(columns: readonly Column<Item>[], mostWidth: number) => {
  let widths = columns.map(({ head }) => widthOf(head))
  let isBegun = false
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, at) => toWidth(cell, widths[at] ?? 0))
      .join(gap)
      .trimEnd()
  return {
    /** The lines of these rows, the first time with the heads above. */
    lines: (items: readonly Item[]): string[] => {
      const rows = items.map((item) => columns.map(({ of }) => oneLine(String(of(item) ?? ''))))
      for (const row of rows) widths = widths.map((width, at) => Math.max(width, widthOf(row[at] ?? '')))
      widths = shrunk(widths, mostWidth)
      const heads = isBegun ? [] : [painted('bold', line(columns.map(({ head }) => head)))]
      isBegun = true
      return [...heads, ...rows.map(line)]
    },
  }
}

/** Takes from the widest column until all fit. */
const shrunk = (widths: readonly number[], most: number): number[] => {
  const result = [...widths]
  const room = most - gap.length * (widths.length - 1)
  while (result.reduce((sum, width) => sum + width, 0) > room) {
    const widest = result.indexOf(Math.max(...result))
    if ((result[widest] ?? 0) <= narrowest) break
    result[widest] = (result[widest] ?? 0) - 1
  }
  return result
}

/** Names and values below each other; what is null is left out. */
export const fieldLines = (fields: readonly (readonly [string, unknown])[]): string => {
  const shown = fields.filter(([, value]) => value !== null && value !== undefined && value !== '')
  const width = Math.max(...shown.map(([name]) => name.length))
  return shown.map(([name, value]) => `${toWidth(name, width)}  ${oneLine(String(value))}`).join('\n')
}

/** A whole table as text. */
export const tableText = <Item>(items: readonly Item[], columns: readonly Column<Item>[]): string =>
  openTable(columns, process.stdout.columns ?? Number.POSITIVE_INFINITY)
    .lines(items)
    .join('\n')
