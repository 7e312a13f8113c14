/** Names that Vary lists, in lower case; null where one is `*`, which no request ever matches (RFC 9111 §4.1). */
export const varyNames = (vary: string | null): readonly string[] | null => {
  if (vary === null) return []
  const names = new Set(
    vary
      .toLowerCase()
      .split(',')
      .map((name) => name.trim()),
  )
  names.delete('')
  return names.has('*') ? null : [...names].sort()
}

/** A header that an answer depends on, and what the request that led to it said; null: nothing. */
export type Selecting = readonly (readonly [name: string, value: string | null])[]

/** Headers that tell who somebody is: what they say is never kept. */
const telling: ReadonlySet<string> = new Set(['authorization', 'cookie', 'proxy-authorization', 'x-api-key'])
/** Those of them that a partition stands for. */
const forPartition: ReadonlySet<string> = new Set(['authorization', 'x-api-key'])

/**
 * What a request must say to get this answer too; null where none may, because it would take keeping a secret. Where a
 * partition tells who may share, keys are of no further importance.
 */
export const selectingOf = (
  names: readonly string[],
  headers: Headers,
  isPartitioned: boolean,
): Selecting | null => {
  const selecting: [string, string | null][] = []
  for (const name of names) {
    if (isPartitioned && forPartition.has(name)) continue
    if (telling.has(name) && headers.has(name)) return null
    selecting.push([name, normalised(name, headers.get(name))])
  }
  return selecting
}

/** Whether a request says the same where it matters. */
export const matchesSelecting = (selecting: Selecting, headers: Headers): boolean => {
  for (const [name, value] of selecting) {
    if (normalised(name, headers.get(name)) !== value) return false
  }
  return true
}

/**
 * Lists whose members may be written in several ways that mean the same, with what they were found to mean: nearly all
 * clients write them in a few ways.
 */
const negotiating: ReadonlyMap<string, Map<string, string>> = new Map([
  ['accept', new Map()],
  ['accept-encoding', new Map()],
  ['accept-language', new Map()],
])
const knownMost = 500
const knownLengthMost = 300

/** A header's value so written that equal meanings are equal texts (RFC 9111 §4.1). */
export const normalised = (name: string, value: string | null): string | null => {
  const known = value === null ? undefined : negotiating.get(name)
  if (value === null || !known) return value
  const found = known.get(value)
  if (found !== undefined) return found
  const text = textOf(name, value)
  if (known.size >= knownMost) known.clear()
  if (value.length <= knownLengthMost) known.set(value, text)
  return text
}

/** Ranges of languages have no case (RFC 9110 §8.5.1); what types have, their parameters may. */
const textOf = (name: string, value: string): string => {
  if (name === 'accept-encoding') return codings(value)
  return name === 'accept-language' ? blankless(value).toLowerCase() : blankless(value)
}

/** Blanks around separators mean nothing; case may, in parameters of media types. Quoted strings are left alone. */
const blankless = (value: string): string =>
  value.includes('"') ? value.trim() : value.trim().replace(/[ \t]*([,;=])[ \t]*/g, '$1')

const codingPattern = /^\s*([^\s;]+)\s*(?:;\s*q=(\d(?:\.\d{0,3})?)\s*)?$/

/** Content codings have no order of their own: `br, gzip` is `gzip, br`; x-gzip is gzip (RFC 9110 §8.4.1, §12.5.3). */
const codings = (value: string): string =>
  value
    .toLowerCase()
    .split(',')
    .map((part) => {
      const [, coding, weight = '1'] = codingPattern.exec(part) ?? []
      // Who reads what is malformed as what is anybody's guess.
      if (coding === undefined) return part.trim()
      const name = coding === 'x-gzip' || coding === 'x-compress' ? coding.slice(2) : coding
      return Number(weight) === 1 ? name : `${name};q=${Number(weight)}`
    })
    .filter((coding) => coding !== '')
    .sort()
    .join(',')
