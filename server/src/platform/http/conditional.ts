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

const monthNames = 'Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec'
/** The three forms of HTTP-date (RFC 9110 §5.6.7): IMF-fixdate, RFC 850, asctime. Anything else is no date; case means nothing (RFC 9111 §4.2). */
const datePattern = new RegExp(
  `^(?:\\w{3}, \\d{2} (?:${monthNames}) \\d{4} \\d{2}:\\d{2}:\\d{2} GMT` +
    `|\\w{6,9}, \\d{2}-(?:${monthNames})-\\d{2} \\d{2}:\\d{2}:\\d{2} GMT` +
    `|\\w{3} (?:${monthNames}) [ \\d]\\d \\d{2}:\\d{2}:\\d{2} \\d{4})$`,
  'i',
)

/** The seconds since 1970 of an HTTP-date, or null where the text is none. */
export const parseHttpDate = (text: string): number | null => {
  if (!datePattern.test(text)) return null
  const milliseconds = Date.parse(/gmt$/i.test(text) ? text : `${text} GMT`)
  return Number.isNaN(milliseconds) ? null : Math.floor(milliseconds / 1_000)
}
