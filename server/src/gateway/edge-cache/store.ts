import { readSearch } from '../search/read-search.ts'
import { createRoom } from './choose-victims.ts'
import { resourceOf } from './resource-of.ts'
import { canonicalSearch, type SearchVariance } from './search-variance.ts'
import type { Place, Stored } from './stored.ts'
import { matchesSelecting } from './vary.ts'

/** The stored answers, by address, by tag and by what Vary makes of a request. */
export interface Store {
  /** The answer for a request, the most recent where several fit; undefined where none does. */
  find(place: Place, headers: Headers): Stored | undefined
  /** All answers that are stored there, also for other requests. */
  all(place: Place): readonly Stored[]
  /** Takes an answer in, instead of those that the same request would have got; evicts what there is no room for. */
  add(stored: Stored, headers: Headers): void
  /** Puts a freshened answer in the place of what it was made of. */
  replace(stored: Stored, fresh: Stored): void
  drop(stored: Stored): void
  dropTagged(tag: string): number
  /** Drops what is stored of an address, for whomever. */
  dropAddress(url: string): number
  clear(): void
  size(): { bytes: number; entries: number; evictions: number }
}

/** All that is stored under one key, at most `variantsMost`, the latest first. */
interface Shelf {
  key: string
  variants: Stored[]
}

/** What is known of an address without its query, whoever asks. */
interface Resource {
  shelves: Set<Shelf>
  /** How its answers take queries, the latest first. */
  variances: SearchVariance[]
}

const variantsMost = 32
const variancesMost = 4

export const createStore = (maxBytes: number): Store => {
  const shelves = new Map<string, Shelf>()
  const resources = new Map<string, Resource>()
  const tagged = new Map<string, Set<Stored>>()
  let room = createRoom(maxBytes)
  let entries = 0
  let evictions = 0

  const shelvesFor = (place: Place): Shelf[] => {
    const found: Shelf[] = []
    const exact = shelves.get(exactKey(place))
    if (exact) found.push(exact)
    for (const variance of resources.get(resourceOf(place.url))?.variances ?? []) {
      const shelf = shelves.get(canonicalKey(place, variance))
      if (shelf) found.push(shelf)
    }
    return found
  }

  const drop = (stored: Stored): void => {
    if (stored.isDropped) return
    stored.isDropped = true
    entries -= 1
    // What takes its place, or comes after a purge, is as welcome as it was.
    if (room.isProven(stored)) room.remember(keyOf(stored))
    room.remove(stored)
    for (const tag of stored.tags) {
      const those = tagged.get(tag)
      those?.delete(stored)
      if (those?.size === 0) tagged.delete(tag)
    }
    const shelf = shelves.get(keyOf(stored))
    if (!shelf) return
    shelf.variants = shelf.variants.filter((other) => other !== stored)
    if (shelf.variants.length > 0) return
    shelves.delete(shelf.key)
    const name = resourceOf(stored.place.url)
    const resource = resources.get(name)
    resource?.shelves.delete(shelf)
    if (resource?.shelves.size === 0) resources.delete(name)
  }

  const put = (stored: Stored): void => {
    const key = keyOf(stored)
    const name = resourceOf(stored.place.url)
    const shelf = shelves.get(key) ?? { key, variants: [] }
    const resource = resources.get(name) ?? { shelves: new Set(), variances: [] }
    const { variance } = stored
    shelf.variants.unshift(stored)
    resource.shelves.add(shelf)
    if (variance) {
      const others = resource.variances.filter(({ id }) => id !== variance.id)
      resource.variances = [variance, ...others].slice(0, variancesMost)
    }
    shelves.set(key, shelf)
    resources.set(name, resource)
    for (const tag of stored.tags) tagged.set(tag, (tagged.get(tag) ?? new Set()).add(stored))
    room.add(stored, key)
    entries += 1
    const [tooMuch] = shelf.variants.slice(variantsMost)
    if (tooMuch) drop(tooMuch)
  }

  const makeRoom = (): void => {
    while (room.bytes() > maxBytes) {
      const victim = room.nextVictim() as Stored | undefined
      if (!victim) return
      room.remember(keyOf(victim))
      drop(victim)
      evictions += 1
    }
  }

  return {
    find(place, headers) {
      const exact = shelves.get(exactKey(place))
      let found = exact && mostRecent(exact.variants, headers)
      if (!found) {
        const variances = resources.get(resourceOf(place.url))?.variances ?? []
        for (const variance of variances) {
          const shelf = shelves.get(canonicalKey(place, variance))
          found = newerOf(found, shelf && mostRecent(shelf.variants, headers))
        }
      }
      if (found) room.use(found)
      return found
    },
    all: (place) => shelvesFor(place).flatMap(({ variants }) => variants),
    add(stored, headers) {
      if (stored.bytes > maxBytes) return
      for (const shelf of shelvesFor(stored.place)) {
        for (const other of shelf.variants) if (matchesSelecting(other.selecting, headers)) drop(other)
      }
      put(stored)
      makeRoom()
    },
    replace(stored, fresh) {
      drop(stored)
      put(fresh)
      makeRoom()
    },
    drop,
    dropTagged(tag) {
      const those = [...(tagged.get(tag) ?? [])]
      for (const stored of those) drop(stored)
      return those.length
    },
    dropAddress(url) {
      let count = 0
      for (const shelf of [...(resources.get(resourceOf(url))?.shelves ?? [])]) {
        for (const stored of shelf.variants) {
          if (!isSameAddress(stored, url)) continue
          drop(stored)
          count += 1
        }
      }
      return count
    },
    clear() {
      for (const { variants } of [...shelves.values()]) for (const stored of variants) stored.isDropped = true
      for (const held of [shelves, resources, tagged]) held.clear()
      room = createRoom(maxBytes)
      entries = 0
    },
    size: () => ({ bytes: room.bytes(), entries, evictions }),
  }
}

/** No address has a blank, so keys with an edition, a partition or a variance are no others. */
const exactKey = ({ edition, partition, url }: Place): string =>
  edition === '' && partition === '' ? url : `${edition} ${partition} ${url}`

const canonicalKey = ({ edition, partition, url, search }: Place, variance: SearchVariance): string =>
  `${edition} ${partition} ${resourceOf(url)} ${variance.id} ${canonicalSearch(search ?? readSearch(url), variance)}`

const keyOf = ({ place, variance }: Stored): string =>
  variance ? canonicalKey(place, variance) : exactKey(place)

const isSameAddress = ({ place, variance }: Stored, url: string): boolean =>
  place.url === url ||
  (variance !== null &&
    canonicalKey(place, variance) === canonicalKey({ ...place, url, search: undefined }, variance))

const mostRecent = (variants: readonly Stored[], headers: Headers): Stored | undefined => {
  let found: Stored | undefined
  for (const stored of variants) {
    if (matchesSelecting(stored.selecting, headers)) found = newerOf(found, stored)
  }
  return found
}

/** One that says what it varies by before one that forgot to (RFC 9111 §4.1), then the more recent by Date (§4). */
const newerOf = (a: Stored | undefined, b: Stored | undefined): Stored | undefined => {
  if (!a || !b) return a ?? b
  if (a.selecting.length > 0 !== b.selecting.length > 0) return a.selecting.length > 0 ? a : b
  return b.terms.date > a.terms.date ? b : a
}
