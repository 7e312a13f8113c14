import { normalizePlatform } from '../../../../contract/normalize-platform.ts'

/** Texts by small numbers, as long as a journal lives. */
export interface NameTable {
  /** As they came, which may be several for one number. */
  ids: Map<string, number>
  texts: string[]
  most: number
  /** The text that stands for all that come when the table is full. */
  overflow: number
  normalize: (text: string) => string
}

/** What the lines of a journal name by numbers. */
export interface Names {
  /** Of no others: what is noted elsewhere by these numbers names it, and does not keep all of these alive. */
  generation: number
  apps: NameTable
  keys: NameTable
  classes: NameTable
  channels: NameTable
  platforms: NameTable
  versions: NameTable
  countries: NameTable
}

/** Of platforms, versions and countries: what a request does not tell, or nobody can read, and what was one too many. */
export const unknown = 0
/** Nothing longer is a name of anything. */
const longest = 128
const overflow = 1

const createTable = (
  texts: string[],
  most: number,
  overflow: number,
  normalize: (text: string) => string = (text) => text,
): NameTable => ({
  ids: new Map(texts.map((text, id) => [text, id])),
  texts,
  most,
  overflow,
  normalize,
})

let generations = 0

/** Bounded: requests can invent any number of texts. Apps and keys are only such as are known. */
export const createNames = (): Names => ({
  generation: ++generations,
  apps: createTable([''], 65_536, 0),
  keys: createTable([''], 65_536, 0),
  classes: createTable([''], 256, 0),
  channels: createTable(['stable', 'beta', 'other'], 256, 2),
  platforms: createTable(['unknown', 'other'], 256, overflow, decoded(normalizePlatform)),
  versions: createTable(['unknown', 'other'], 4096, overflow, decoded(readVersion)),
  countries: createTable(['unknown', 'other'], 1024, overflow, decoded(readCountry)),
})

/** Whether new ones should be begun with the next journal, because these fill up. */
export const isCrowded = ({
  apps,
  keys,
  classes,
  channels,
  platforms,
  versions,
  countries,
}: Names): boolean =>
  [apps, keys, classes, channels, platforms, versions, countries].some(({ ids, most }) => ids.size > most / 2)

/** The number of a text, given to it where it has none. */
export const idOf = (table: NameTable, text: string): number => table.ids.get(text) ?? addName(table, text)

const addName = (table: NameTable, text: string): number => {
  const { ids, texts, most, overflow, normalize } = table
  if (text.length > longest) return unknown
  if (ids.size >= most) return overflow
  // A part of an address holds on to all of it.
  const own = Buffer.from(text).toString()
  const normal = normalize(own)
  const known = ids.get(normal)
  const id = known ?? texts.push(normal) - 1
  ids.set(normal, id)
  if (ids.size < most) ids.set(own, id)
  return id
}

const decoded =
  (read: (text: string) => string | undefined) =>
  (text: string): string => {
    try {
      return read(decodeURIComponent(text.replaceAll('+', ' '))) ?? 'unknown'
    } catch {
      return 'unknown'
    }
  }

const readVersion = (text: string): string | undefined => {
  const version = text.trim()
  return /^[\w.+-]{1,64}$/.test(version) ? version : undefined
}

const readCountry = (text: string): string | undefined => {
  const country = text.trim().toUpperCase()
  if (!/^[A-Z]{2}$/.test(country)) return undefined
  return country === 'UK' ? 'GB' : country
}
