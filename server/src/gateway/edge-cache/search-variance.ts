import { bucketName, type Search } from '../search/read-search.ts'
import { type FieldValue, parseDictionary } from './parse-dictionary.ts'

/** As many as attributes that apps let their targeting depend on, nearly always the same few. */
const variancesKept = 4
const longestKept = 512

/** How the parameters of an address matter (No-Vary-Search): those in `names` alone, or all but those. */
export interface SearchVariance {
  /** Tells variances apart: the same for all that mean the same. */
  id: string
  mattersInOrder: boolean
  names: ReadonlySet<string>
  /** The names are of what matters; else of what does not. */
  areExceptions: boolean
}

/**
 * Reads No-Vary-Search (draft-ietf-httpbis-no-vary-search); null where it says nothing, or nothing that can be read: then
 * the query matters as it stands. Entries of unknown names are ignored.
 */
export const readSearchVariance = (header: string | null): SearchVariance | null => {
  if (header === null) return null
  const dictionary = parseDictionary(header)
  if (dictionary === null) return null
  const order = dictionary.get('key-order')
  const parameters = dictionary.get('params')
  const except = dictionary.get('except')
  if (order && order.kind !== 'boolean') return null
  const isAll = parameters?.kind === 'boolean' && parameters.value
  if (parameters && parameters.kind !== 'boolean' && parameters.kind !== 'list') return null
  if (except && !(isAll && except.kind === 'list')) return null
  const names = namesIn(isAll ? except : parameters)
  if (names === null) return null
  const mattersInOrder = !(order?.kind === 'boolean' && order.value)
  if (mattersInOrder && !isAll && names.length === 0) return null
  return {
    id: `${mattersInOrder ? '' : '~'}${isAll ? '+' : '-'}${new URLSearchParams(names.map((name) => [name, '']))}`,
    mattersInOrder,
    names: new Set(names),
    areExceptions: isAll,
  }
}

/** Names may be written as in a query, because structured fields hold ASCII alone. */
const namesIn = (list: FieldValue | undefined): string[] | null => {
  if (list?.kind !== 'list') return []
  const names: string[] = []
  for (const item of list.items) {
    if (item.kind !== 'string') return null
    const written = item.value.replace(/[&=#]/g, encodeURIComponent)
    names.push(new URLSearchParams(`?${written}`).keys().next().value ?? '')
  }
  return [...new Set(names)].sort()
}

/** The same as {@link canonicalQuery} of the whole; found out once for all who differ in their bucket alone, where that does not matter. */
export const canonicalSearch = (search: Search, variance: SearchVariance): string => {
  if (variance.names.has(bucketName) === variance.areExceptions) return canonicalQuery(search.whole, variance)
  const { shared } = search
  let kept = 0
  for (let made = shared.canonical; made !== undefined; made = made.next) {
    if (made.variance === variance.id) return made.text
    kept += 1
  }
  const text = canonicalQuery(shared.text, variance)
  if (!shared.isKnown || text.length > longestKept) return text
  const next = kept < variancesKept ? shared.canonical : undefined
  // As it was put together it is a rope of a piece for each encoded letter, forty bytes instead of one.
  shared.canonical = { variance: variance.id, text: Buffer.from(text).toString(), next }
  return shared.canonical.text
}

/** A query (without `?`) so written that queries which mean the same to this variance are the same text. */
export const canonicalQuery = (
  query: string,
  { names, areExceptions, mattersInOrder }: SearchVariance,
): string => {
  const kept: [string, string][] = []
  for (const pair of new URLSearchParams(`?${query}`))
    if (names.has(pair[0]) === areExceptions) kept.push(pair)
  // Sorting is stable: of one name the order stays.
  if (!mattersInOrder) kept.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return new URLSearchParams(kept).toString()
}
