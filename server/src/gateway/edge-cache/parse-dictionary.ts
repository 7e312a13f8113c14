/** A value of a structured field (RFC 9651), as far as caches have use for it. */
export type FieldValue =
  | { kind: 'integer' | 'decimal' | 'date'; value: number }
  | { kind: 'string' | 'token' | 'bytes' | 'display'; value: string }
  | { kind: 'boolean'; value: boolean }
  | { kind: 'list'; items: readonly FieldValue[] }

export type Dictionary = ReadonlyMap<string, FieldValue>

interface Cursor {
  text: string
  at: number
}

const patterns = {
  key: /[a-z*][a-z0-9_\-.*]*/y,
  decimal: /-?\d{1,12}\.\d{1,3}/y,
  integer: /-?\d{1,15}/y,
  string: /"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*"/y,
  token: /[A-Za-z*][!#$%&'*+\-.^_`|~0-9A-Za-z:/]*/y,
  bytes: /:[A-Za-z0-9+/=]*:/y,
  boolean: /\?[01]/y,
  date: /@-?\d{1,15}/y,
  display: /%"(?:[\x20\x21\x23\x24\x26-\x7e]|%[0-9a-f]{2})*"/y,
  spaces: / */y,
  blanks: /[ \t]*/y,
}

/**
 * Reads a structured field that is a dictionary (RFC 9651 §4.2.2); null where any part of it is malformed, for then the
 * whole field is to be ignored. Parameters are checked and passed over: no cache directive has any.
 */
export const parseDictionary = (text: string): Dictionary | null => {
  const cursor = { text, at: 0 }
  const members = new Map<string, FieldValue>()
  take(cursor, patterns.spaces)
  while (cursor.at < text.length) {
    const name = take(cursor, patterns.key)
    const value = name === null ? null : readMember(cursor)
    if (name === null || value === null) return null
    members.set(name, value)
    take(cursor, patterns.blanks)
    if (cursor.at === text.length) return members
    if (!skip(cursor, ',')) return null
    take(cursor, patterns.blanks)
    if (cursor.at === text.length) return null
  }
  return members
}

const take = (cursor: Cursor, pattern: RegExp): string | null => {
  pattern.lastIndex = cursor.at
  const [found] = pattern.exec(cursor.text) ?? []
  if (found === undefined) return null
  cursor.at += found.length
  return found
}

const skip = (cursor: Cursor, character: string): boolean => {
  if (cursor.text[cursor.at] !== character) return false
  cursor.at += 1
  return true
}

const readMember = (cursor: Cursor): FieldValue | null => {
  if (!skip(cursor, '=')) return readParameters(cursor, { kind: 'boolean', value: true })
  return readParameters(cursor, cursor.text[cursor.at] === '(' ? readList(cursor) : readBare(cursor))
}

const readList = (cursor: Cursor): FieldValue | null => {
  const items: FieldValue[] = []
  cursor.at += 1
  for (;;) {
    const blanks = take(cursor, patterns.spaces)
    if (skip(cursor, ')')) return { kind: 'list', items }
    if (items.length > 0 && blanks === '') return null
    const item = readParameters(cursor, readBare(cursor))
    if (item === null) return null
    items.push(item)
  }
}

/** Reads what follows a value; null where the value or one of them is malformed. */
const readParameters = (cursor: Cursor, value: FieldValue | null): FieldValue | null => {
  if (value === null) return null
  while (skip(cursor, ';')) {
    take(cursor, patterns.spaces)
    if (take(cursor, patterns.key) === null) return null
    if (skip(cursor, '=') && readBare(cursor) === null) return null
  }
  return value
}

const readBare = (cursor: Cursor): FieldValue | null => {
  const decimal = take(cursor, patterns.decimal)
  if (decimal !== null) return { kind: 'decimal', value: Number(decimal) }
  const integer = take(cursor, patterns.integer)
  if (integer !== null) return { kind: 'integer', value: Number(integer) }
  const string = take(cursor, patterns.string)
  if (string !== null) return { kind: 'string', value: string.slice(1, -1).replace(/\\(.)/g, '$1') }
  const token = take(cursor, patterns.token)
  if (token !== null) return { kind: 'token', value: token }
  const boolean = take(cursor, patterns.boolean)
  if (boolean !== null) return { kind: 'boolean', value: boolean === '?1' }
  const bytes = take(cursor, patterns.bytes)
  if (bytes !== null) return { kind: 'bytes', value: bytes.slice(1, -1) }
  const date = take(cursor, patterns.date)
  if (date !== null) return { kind: 'date', value: Number(date.slice(1)) }
  const display = take(cursor, patterns.display)
  return display === null ? null : { kind: 'display', value: display.slice(2, -1) }
}
