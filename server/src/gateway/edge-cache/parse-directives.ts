/** Cache directives by name in lower case; true where one has no argument. */
export type Directives = ReadonlyMap<string, string | true>

const none: Directives = new Map()

/** Parts of a list, between commas that stand in no quoted string. */
const partPattern = /(?:[^",]|"(?:[^"\\]|\\.)*"?)+/g

/**
 * Reads Cache-Control (RFC 9111 §5.2): names in any case, arguments as tokens or quoted, unknown directives kept. The first
 * of several with the same name counts (§4.2.1), but `no-cache` and `private` without names of fields go before those with.
 */
export const parseDirectives = (text: string | null): Directives => {
  if (text === null || text === '') return none
  const directives = new Map<string, string | true>()
  for (const [part] of text.matchAll(partPattern)) {
    const equals = part.indexOf('=')
    const name = (equals < 0 ? part : part.slice(0, equals)).trim().toLowerCase()
    if (name === '') continue
    const argument = equals < 0 ? true : argumentOf(part.slice(equals + 1).trimEnd())
    const value = namesFields.has(name) && namesNone(argument) ? true : argument
    if (!directives.has(name) || (value === true && namesFields.has(name))) directives.set(name, value)
  }
  return directives
}

/** With an argument these hold for the named fields alone; one that names none cannot be meant to allow everything. */
export const namesFields: ReadonlySet<string> = new Set(['no-cache', 'private'])
export const namesNone = (argument: string | true): boolean => argument === true || /^[\s,]*$/.test(argument)

const argumentOf = (text: string): string =>
  text.startsWith('"') ? text.replace(/^"|"$/g, '').replace(/\\(.)/g, '$1') : text

/** What is more is taken for this (RFC 9111 §1.2.2). */
export const secondsMost = 2_147_483_648

/** The seconds of a directive; undefined where it is absent, null where what it says is no number of seconds. */
export const secondsOf = (directives: Directives, name: string): number | null | undefined => {
  const value = directives.get(name)
  if (value === undefined) return undefined
  return value === true ? null : parseSeconds(value)
}

/** Delta-seconds (RFC 9111 §1.2.2), or null. */
export const parseSeconds = (text: string): number | null =>
  /^\d+$/.test(text) ? Math.min(Number(text), secondsMost) : null

/** The fields, in lower case, that `no-cache="..."` or `private="..."` speaks of. */
export const fieldsOf = (directives: Directives, name: string): readonly string[] => {
  const value = directives.get(name)
  if (value === undefined || value === true) return []
  return value
    .toLowerCase()
    .split(',')
    .map((field) => field.trim())
    .filter((field) => field !== '')
}
