/** A query so written as answers of one variance tell queries apart. */
export interface Canonical {
  variance: string
  text: string
  next: Canonical | undefined
}

/** What the queries of many devices have alike: all but the bucket. Found out once, it is known to all who ask the same. */
export class SharedSearch {
  readonly text: string
  /** What the edge cache made of it, the latest first. */
  canonical: Canonical | undefined = undefined
  /** What counting read of it. */
  device: object | undefined = undefined

  /** Whether others may get this one too, so that it is worth noting something here. */
  readonly isKnown: boolean

  constructor(text: string, isKnown: boolean) {
    this.text = text
    this.isKnown = isKnown
  }
}

/** The query of an address, read once for all who look at it. */
export class Search {
  readonly shared: SharedSearch
  /** 0..9999 as the config service has it, without a zero in front; else {@link noBucket}. */
  readonly bucket: number
  readonly #url: string
  readonly #start: number

  constructor(shared: SharedSearch, bucket: number, url: string, start: number) {
    this.shared = shared
    this.bucket = bucket
    this.#url = url
    this.#start = start
  }

  /** All of it, without `?`. */
  get whole(): string {
    return this.#url.slice(this.#start)
  }
}

export const bucketName = 'bucket'
/** In place of a bucket: there is none, or it is no such number. */
export const noBucket = 0xffff
/** Of addresses without a query. */
export const noSearch: Search = new Search(new SharedSearch('', true), noBucket, '', 0)

/** Of each of the two maps below; fleets of many versions, languages and countries say thousands of things. */
const knownMost = 2048
const longestKnown = 512
/** What was asked for since the newer one was begun, and before: who is still asked for when that is full stays known. */
let newer = new Map<string, SharedSearch>()
let older = new Map<string, SharedSearch>()

/**
 * Reads the query of a URL without a fragment. Devices differ in their bucket, and beside it most say the same as others do: so all
 * else is looked up whole, which is a fraction of the work of reading it.
 */
export const readSearch = (url: string): Search => {
  const start = url.indexOf('?') + 1
  if (start === 0) return noSearch
  const at = findBucket(url, start)
  if (at < 0) return new Search(sharedOf(url.slice(start)), noBucket, url, start)
  let end = at + bucketName.length + 1
  let bucket = 0
  for (; end < url.length; end += 1) {
    const digit = url.charCodeAt(end) - 48
    if (digit < 0 || digit > 9) break
    bucket = bucket * 10 + digit
  }
  // Not a number: it stays where it is, for others to judge.
  if (end < url.length && url.charCodeAt(end) !== ampersand)
    return new Search(sharedOf(url.slice(start)), noBucket, url, start)
  const others = end === url.length ? url.slice(start, at) : url.slice(start, at) + url.slice(end)
  const digits = end - at - bucketName.length - 1
  const isBucket = digits === 1 || (digits > 1 && digits <= 4 && url.charCodeAt(end - digits) !== zero)
  return new Search(sharedOf(others), isBucket ? bucket : noBucket, url, start)
}

const ampersand = 38
const zero = 48
const letterB = 98
const fewPairs = 32

/** A search for a text of several letters costs more than one for each `&`, but for those who send thousands. */
const findBucket = (url: string, start: number): number => {
  let at = start
  for (let pair = 0; pair < fewPairs; pair += 1) {
    if (url.charCodeAt(at) === letterB && url.startsWith('bucket=', at)) return at
    at = url.indexOf('&', at) + 1
    if (at === 0) return -1
  }
  const before = url.indexOf('&bucket=', at - 1)
  return before < 0 ? -1 : before + 1
}

const sharedOf = (text: string): SharedSearch => {
  const found = newer.get(text)
  if (found !== undefined) return found
  const before = older.get(text)
  if (before !== undefined) return know(before)
  if (text.length > longestKnown || !mayBeKnown()) return new SharedSearch(text, false)
  // A part of an address holds on to all of it.
  return know(new SharedSearch(Buffer.from(text).toString(), true))
}

/** Where more is said than is remembered, what is asked often gets in soon, and the rest mostly costs no more than reading it. */
const mayBeKnown = (): boolean => {
  turn = (turn + 1) % turns
  return older.size === 0 || turn === 0
}

const turns = 8
let turn = 0

const know = (shared: SharedSearch): SharedSearch => {
  if (newer.size >= knownMost) {
    older = newer
    newer = new Map()
  }
  newer.set(shared.text, shared)
  return shared
}
