import type { Fields } from './fields.ts'
import { type Dictionary, parseDictionary } from './parse-dictionary.ts'
import { type Directives, namesFields, namesNone, parseDirectives } from './parse-directives.ts'

/** Meant for this cache alone, so it goes no further. */
export const ownField = 'parasol-cache-control'

/** The fields that are meant for a cache like this one (RFC 9213 §2.1), the closest first. */
const targetedFields = [ownField, 'cdn-cache-control']

/** What an answer says to this cache. */
export interface Policy {
  directives: Directives
  /** Told by a field for caches like this one: then Cache-Control, Expires and Pragma say nothing here. */
  isTargeted: boolean
}

/** Of these the value is a number of seconds; in a field with one that is none nothing can be relied on. */
const numbers = ['max-age', 's-maxage', 'stale-while-revalidate', 'stale-if-error']

const isWellTyped = (dictionary: Dictionary): boolean =>
  numbers.every((name) => (dictionary.get(name)?.kind ?? 'integer') === 'integer')

/** The directives that hold for this cache: of the first targeted field that is valid and not empty, else of Cache-Control. */
export const choosePolicy = (headers: Fields): Policy => {
  for (const name of targetedFields) {
    const text = headers.get(name)
    const dictionary = text === null ? null : parseDictionary(text)
    if (dictionary && dictionary.size > 0 && isWellTyped(dictionary))
      return { directives: directivesOf(dictionary), isTargeted: true }
  }
  return { directives: parseDirectives(headers.get('cache-control')), isTargeted: false }
}

/** A member of a type that no directive has is ignored, `?0` is as good as absent (RFC 9213 §2.1). */
const directivesOf = (dictionary: Dictionary): Directives => {
  const directives = new Map<string, string | true>()
  for (const [name, member] of dictionary) {
    if (member.kind === 'boolean' && member.value) directives.set(name, true)
    if (member.kind === 'string' || member.kind === 'token')
      directives.set(name, namesFields.has(name) && namesNone(member.value) ? true : member.value)
    if (member.kind === 'integer') directives.set(name, String(Math.max(0, member.value)))
  }
  return directives
}

/** Directives that let an answer to an authenticated request be given to others (RFC 9111 §3.5). */
export const allowsPersonal = ({ directives }: Policy): boolean =>
  directives.has('public') || directives.has('must-revalidate') || directives.has('s-maxage')
