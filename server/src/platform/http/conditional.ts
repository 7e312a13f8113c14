/**
 * Does If-None-Match name this entity tag? Lists, weak tags (compared weakly, RFC 9110 §13.1.2) and `*` count. A tag may
 * hold commas, so the list is read tag by tag.
 */
export const matchesTag = (header: string, tag: string): boolean => {
  if (header === tag || header.trim() === '*') return true
  const bare = tag.startsWith('W/') ? tag.slice(2) : tag
  for (const [, opaque] of header.matchAll(/(?:W\/)?("[\x21\x23-\x7e\x80-\xff]*")/g)) {
    if (opaque === bare) return true
  }
  return false
}

const monthNames = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const month = `(${monthNames.join('|')})`
const time = '(\\d{2}):(\\d{2}):(\\d{2})'
/** The three forms of HTTP-date (RFC 9110 §5.6.7): IMF-fixdate, RFC 850, asctime. Anything else is no date; case means nothing (RFC 9111 §4.2). */
const fixdate = new RegExp(`^\\w{3}, (\\d{2}) ${month} (\\d{4}) ${time} GMT$`, 'i')
const rfc850 = new RegExp(`^\\w{6,9}, (\\d{2})-${month}-(\\d{2}) ${time} GMT$`, 'i')
const asctime = new RegExp(`^\\w{3} ${month} ([ \\d]\\d) ${time} (\\d{4})$`, 'i')

/** The seconds since 1970 of an HTTP-date, or null where the text is none, or of a day or time that there is not. */
export const parseHttpDate = (text: string): number | null => {
  const [, day, name, year, ...clock] = fixdate.exec(text) ?? rfc850.exec(text) ?? []
  if (day !== undefined) return secondsAt(fullYear(year), name, day, clock)
  const [, named, date, hours, minutes, seconds, ofCommonEra] = asctime.exec(text) ?? []
  return date === undefined ? null : secondsAt(Number(ofCommonEra), named, date, [hours, minutes, seconds])
}

/** Two digits are of the year that is at most 50 ahead, else behind (RFC 9110 §5.6.7). */
const fullYear = (digits = ''): number => {
  if (digits.length === 4) return Number(digits)
  const now = new Date().getUTCFullYear()
  return now + 50 - ((now + 50 - Number(digits)) % 100)
}

const secondsAt = (
  year: number,
  name: string | undefined,
  date: string,
  clock: readonly (string | undefined)[],
): number | null => {
  const [hours = 0, minutes = 0, seconds = 0] = clock.map(Number)
  // A minute may have a leap second.
  if (hours > 23 || minutes > 59 || seconds > 60) return null
  const day = new Date(Date.UTC(year, monthNames.indexOf(`${name}`.toLowerCase()), Number(date)))
  if (day.getUTCDate() !== Number(date)) return null
  return day.getTime() / 1_000 + hours * 3_600 + minutes * 60 + seconds
}
