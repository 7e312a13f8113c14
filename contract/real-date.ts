const hour = '(?:[01]\\d|2[0-3])'
const datePattern = new RegExp(
  `^(\\d{4})-(\\d{2})-(\\d{2})(T${hour}:[0-5]\\d:[0-5]\\d(\\.\\d{1,9})?(Z|[+-]${hour}:[0-5]\\d))?$`,
)

/** In UTC, the first and the last moment that are written with a year of four digits, and that every store takes. */
const [earliest, latest] = [Date.parse('0001-01-01T00:00:00Z'), Date.parse('9999-12-31T23:59:59.999Z')]

/**
 * Whether a text is an RFC 3339 date, or date and time with its offset, that exists: February 30 must be refused, and Date
 * would silently roll it over to March. Apart from the zod types: a command line that only reads settings need not load zod.
 */
export const isRealDate = (text: string): boolean => {
  const match = datePattern.exec(text)
  const moment = Date.parse(text)
  if (!match || Number.isNaN(moment) || moment < earliest || moment > latest) return false
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])]
  const date = new Date(Date.UTC(year, month - 1, day))
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day
}
