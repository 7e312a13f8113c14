type Cell = string | number | boolean | null

/** Before what spreadsheets would take for a formula, and run: where a cell begins, also one that is cut at `;` or a line's end. */
const formula = /(^|[;\t\r\n])(?=[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20])/g

const cellOf = (value: Cell | undefined): string => {
  if (value === null || value === undefined) return ''
  if (typeof value !== 'string') return String(value)
  // Values come from devices: who opens the file must not run what somebody else has sent.
  const safe = value.replace(formula, "$1'")
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
