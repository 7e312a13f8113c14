import { isRealDate } from '../../../contract/real-date.ts'
import { isNetwork } from '../platform/http/networks.ts'

interface Common {
  /** the variable in the environment */
  name: string
  /** an older or foreign name that counts when `name` is not set */
  alias?: string
  /** never printed, not even in a message about a wrong value */
  secret?: true
  /** one sentence or two for operators: what it does, in which unit */
  doc: string
}

/** One row of the settings table; a string, url or integer without a default may be undefined. */
export type Setting = Common &
  (
    | { type: 'string'; default?: string; minLength?: number; pattern?: RegExp; patternDoc?: string }
    | { type: 'integer'; default?: number; min: number; max: number }
    | { type: 'boolean'; default: boolean }
    | { type: 'choice'; default: string; of: readonly string[] }
    | { type: 'list'; default: readonly string[]; of: readonly string[] }
    | { type: 'url'; default?: string; schemes: readonly string[]; several?: true }
    | { type: 'networks'; default: readonly string[] }
    | { type: 'deprecations'; of: readonly string[] }
  )

/** The type of a row's value. */
export type ValueOf<Row> = Row extends { type: 'integer' }
  ? Row extends { default: number }
    ? number
    : number | undefined
  : Row extends { type: 'boolean' }
    ? boolean
    : Row extends { type: 'choice'; of: readonly (infer Choice)[] }
      ? Choice
      : Row extends { type: 'list'; of: readonly (infer Choice)[] }
        ? readonly Choice[]
        : Row extends { type: 'string' | 'url'; default: string }
          ? string
          : Row extends { type: 'networks' }
            ? readonly string[]
            : Row extends { type: 'deprecations'; of: readonly (infer Name)[] }
              ? Deprecations<Name> | undefined
              : string | undefined

/** When each is deprecated and when it ends, in milliseconds since 1970. */
type Deprecations<Name> = Readonly<Partial<Record<Name & string, { deprecatedAt: number; endsAt: number }>>>

type Value = string | number | boolean | readonly string[] | Deprecations<string>
/** `wrong` completes the sentence "NAME is "text", but ..." */
type Reading = { value: Value } | { wrong: string }

const BOOLEANS = new Map([
  ...['true', '1', 'on', 'yes'].map((word) => [word, true] as const),
  ...['false', '0', 'off', 'no'].map((word) => [word, false] as const),
])

const readInteger = (text: string, { min, max }: { min: number; max: number }): Reading => {
  const value = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN
  if (value >= min && value <= max) return { value }
  return { wrong: `it must be a whole number from ${min} to ${max}` }
}

const readList = (text: string, of: readonly string[]): Reading => {
  const value = [...new Set(text.split(',').map((part) => part.trim()))].filter((part) => part !== '')
  if (value.length > 0 && value.every((part) => of.includes(part))) return { value: Object.freeze(value) }
  return { wrong: `it must be one or more of ${of.join(', ')}, separated by commas` }
}

const readNetworks = (text: string): Reading => {
  const value = text.split(',').map((part) => part.trim())
  const wrong = value.find((part) => !isNetwork(part))
  if (wrong === undefined) return { value: Object.freeze(value) }
  const forms = 'addresses, networks such as 10.0.0.0/8 or 2001:db8::/32, `loopback` or `private`'
  return { wrong: `${JSON.stringify(wrong)} is none of ${forms}, separated by commas` }
}

const readUrl = (
  text: string,
  { schemes, several, secret }: { schemes: readonly string[]; several?: true; secret?: true },
): Reading => {
  const parts = several ? text.split(',') : [text]
  const good = parts.every((part) => {
    const url = URL.parse(part.trim())
    return url !== null && schemes.includes(url.protocol.slice(0, -1))
  })
  // Such a setting is printed, and these are not sent either.
  const isTold = !secret && parts.some((part) => /^[^/?#]*\/\/[^/?#]*@/.test(part))
  if (good && !isTold) return { value: text }
  if (good) return { wrong: 'it must not have a user or a password' }
  const starts = schemes.map((scheme) => `${scheme}://`).join(' or ')
  const passwords = secret ? '; special characters in a password must be percent-encoded' : ''
  return {
    wrong: `it must be ${several ? 'one or more URLs (commas between)' : 'a URL'} with ${starts}${passwords}`,
  }
}

const readString = (
  text: string,
  { minLength = 0, pattern, patternDoc }: { minLength?: number; pattern?: RegExp; patternDoc?: string },
): Reading => {
  if (text.length < minLength) return { wrong: `it must have at least ${minLength} characters` }
  if (pattern && !pattern.test(text)) return { wrong: `it may hold ${patternDoc} only` }
  return { value: text }
}

/** `v1=2027-01-01/2027-07-01`: deprecated from the first day on, ended by the second one; several with commas between. */
const readDeprecations = (text: string, of: readonly string[]): Reading => {
  const value: Record<string, { deprecatedAt: number; endsAt: number }> = {}
  for (const part of text.split(',').map((one) => one.trim())) {
    const [, name = '', from = '', until = ''] = /^(\w+)=([^/]+)\/([^/]+)$/.exec(part) ?? []
    if (!of.includes(name) || !isRealDate(from) || !isRealDate(until)) {
      const form = `${of[0]}=2027-01-01/2027-07-01`
      return {
        wrong: `it must be written as ${form} (deprecated from / ended by; ${of.join(' or ')}; commas between several)`,
      }
    }
    const [deprecatedAt, endsAt] = [Date.parse(from), Date.parse(until)]
    if (value[name]) return { wrong: `${name} must be there once` }
    if (endsAt < deprecatedAt) return { wrong: `${name} must not end before it is deprecated` }
    value[name] = Object.freeze({ deprecatedAt, endsAt })
  }
  return { value: Object.freeze(value) }
}

/** Reads a variable's text, trimmed and not empty, as its row says. */
export const readSetting = (row: Setting, text: string): Reading => {
  switch (row.type) {
    case 'string':
      return readString(text, row)
    case 'integer':
      return readInteger(text, row)
    case 'url':
      return readUrl(text, row)
    case 'list':
      return readList(text, row.of)
    case 'networks':
      return readNetworks(text)
    case 'deprecations':
      return readDeprecations(text, row.of)
    case 'choice':
      return row.of.includes(text) ? { value: text } : { wrong: `it must be one of ${row.of.join(', ')}` }
    case 'boolean': {
      const value = BOOLEANS.get(text.toLowerCase())
      return value === undefined ? { wrong: 'it must be true or false' } : { value }
    }
  }
}
