type Cell = string | number | boolean | null

/** What spreadsheets would take for a formula, and run, at the beginning of a cell. */
const formula = /^[=+\-@\t\r\n]/

const cellOf = (value: Cell | undefined): string => {
  if (value === null || value === undefined) return ''
  if (typeof value !== 'string') return String(value)
  // Values come from devices: who opens the file must not run what somebody else has sent.
  const safe = formula.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** Rows as CSV (RFC 4180): a line of names, then one for each row, ended by CR LF; null is an empty cell. */
export const writeCsv = <Row extends object>(
  columns: readonly (keyof Row & string)[],
  rows: readonly Row[],
): string =>
  [columns.join(','), ...rows.map((row) => columns.map((column) => cellOf(row[column] as Cell)).join(','))]
    .map((line) => `${line}\r\n`)
    .join('')
