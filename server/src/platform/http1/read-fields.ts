/** What no line of a head has: controls, CR without LF, LF without CR. */
export const strange: RegExp = /[^\t\x20-\x7e\x80-\xff\r\n]|\r(?!\n)|(?<!\r)\n/
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/** Lower case of the names that others write: most messages name the same. What strangers make up is not kept beyond this. */
const lowerCase = new Map<string, string>()
const namesKept = 1_000
const longestKept = 64

/** Undefined for what is no name. */
const lowerOf = (name: string): string | undefined => {
  const known = lowerCase.get(name)
  if (known !== undefined) return known
  if (!token.test(name)) return undefined
  const lower = name.toLowerCase()
  if (lowerCase.size < namesKept && name.length <= longestKept) lowerCase.set(name, lower)
  return lower
}

const space = 32
const tab = 9
const isBlank = (code: number): boolean => code === space || code === tab

/**
 * Reads header lines (RFC 9112 §5), in Latin-1 and from `begin` on: names in lower case, values without the white space around them.
 * False where a line is none, and where `take` says so.
 */
export const readFields = (
  text: string,
  begin: number,
  take: (name: string, value: string) => boolean,
): boolean => {
  let at = begin
  while (at < text.length) {
    const next = text.indexOf('\r\n', at)
    let end = next < 0 ? text.length : next
    const colon = text.indexOf(':', at)
    if (colon < 0 || colon > end) return false
    const name = lowerOf(text.slice(at, colon))
    if (name === undefined) return false
    let first = colon + 1
    while (first < end && isBlank(text.charCodeAt(first))) first += 1
    while (end > first && isBlank(text.charCodeAt(end - 1))) end -= 1
    if (!take(name, text.slice(first, end))) return false
    at = next < 0 ? text.length : next + 2
  }
  return true
}

const closing = /(?:^|,)[ \t]*close[ \t]*(?:,|$)/i
const keepAlive = /(?:^|,)[ \t]*keep-alive[ \t]*(?:,|$)/i
/** What a Connection header says (RFC 9112 §9.3). */
export const isClosing = (connection: string): boolean => closing.test(connection)
export const isKeptAlive = (connection: string): boolean => keepAlive.test(connection)
