import { LRUCache } from 'lru-cache'

/** Reading a list takes microseconds, and a fleet sends the same few hundred again and again. */
const known = new LRUCache<string, readonly string[]>({ max: 1000 })
const longest = 256
const most = 16

/**
 * The languages of a tag or a priority list (`de-AT`, `pt_BR`, `de-AT,de;q=0.9,en;q=0.8`), the first one first, as canonical
 * BCP 47 tags; what a system adds (`.UTF-8`, `@euro`) is cut off. Undefined where there is none in it.
 */
export const readLanguages = (text: string): readonly string[] | undefined => {
  if (text.length > longest) return undefined
  let languages = known.get(text)
  if (!languages) {
    const tags = text.split(',').slice(0, most).map(canonicalTag)
    languages = [...new Set(tags.filter((tag) => tag !== undefined))]
    known.set(text, languages)
  }
  return languages.length > 0 ? languages : undefined
}

/** A tag as BCP 47 writes it (`de-AT`, `zh-Hant`, `he` for iw); undefined for what is none. */
export const canonicalTag = (text: string): string | undefined => {
  const tag = text
    .replace(/[;.@].*$/s, '')
    .trim()
    .replaceAll('_', '-')
  try {
    return Intl.getCanonicalLocales(tag)[0]
  } catch {
    return undefined
  }
}
