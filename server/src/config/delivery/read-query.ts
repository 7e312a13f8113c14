import { Problem } from '../../../../contract/problems.ts'

/** Parameters that are no attributes and yet change the answer. */
const choosing = ['keys'] as const

/**
 * The parameters of a query. The constructor drops a question mark in front, and keyOfQuery does not: so `??country=DE` would be
 * kept as the answer to no query at all.
 */
export const paramsOfQuery = (query: string): URLSearchParams => new URLSearchParams(`?${query}`)

/** The places that the values of these attributes have in the key of a query. */
export const wantedOf = (varies: readonly string[]): ReadonlyMap<string, number> =>
  new Map([...choosing, ...varies].map((name, place) => [name, place]))

/** What a query asks for, and whether it says nothing else. */
export interface QueryKey {
  key: string
  isBare: boolean
}

/**
 * The part of a query that matters, in one order and not decoded. Devices that do not differ in it get the same. What is there
 * twice, or has percent signs in its name, is decoded first and then written in one way. Throws 400 for a bucket that is none,
 * whether it matters or not: else apps would break when the first rollout begins.
 */
export const keyOfQuery = (query: string, wanted: ReadonlyMap<string, number>): QueryKey => {
  const values = new Array<string>(wanted.size).fill('')
  let hasBucket = false
  let isBare = true
  for (let at = 0; at < query.length; ) {
    const ampersand = query.indexOf('&', at)
    const end = ampersand < 0 ? query.length : ampersand
    const equals = query.indexOf('=', at)
    const nameEnd = equals < 0 || equals > end ? end : equals
    const name = query.slice(at, nameEnd)
    const place = wanted.get(name)
    if (place === undefined) {
      if (name.includes('%')) return decodedKey(query, wanted)
      if (name === 'bucket') {
        if (hasBucket || !bucketPattern.test(query.slice(nameEnd + 1, end))) return decodedKey(query, wanted)
        hasBucket = true
      }
      isBare = false
    } else {
      if (values[place] !== '') return decodedKey(query, wanted)
      values[place] = `=${query.slice(nameEnd + 1, end)}`
    }
    at = end + 1
  }
  return { key: values.join('&'), isBare }
}

const decodedKey = (query: string, wanted: ReadonlyMap<string, number>): QueryKey => {
  const params = paramsOfQuery(query)
  checkBucket(params.getAll('bucket'))
  const values = [...wanted.keys()].map((name) =>
    params.getAll(name).map((value) => `=${encodeURIComponent(value)}`),
  )
  // By what no query holds: `country=1&country=` is not `country=1=`.
  return { key: values.map((all) => all.join(' ')).join('&'), isBare: false }
}

const bucketPattern = /^(?:0|[1-9]\d{0,3})$/

const checkBucket = (given: readonly string[]): void => {
  if (given.length === 0 || (given.length === 1 && bucketPattern.test(given[0] ?? ''))) return
  const shown = JSON.stringify(given.join(', ').slice(0, 50))
  throw refusal('bucket', `bucket is ${shown}, but it must be a whole number from 0 to 9999, given once.`)
}

const refusal = (parameter: string, detail: string): Problem =>
  new Problem('invalid_parameter', { detail, errors: [{ code: 'invalid_parameter', parameter, detail }] })

/** The revision that a query names; null for none. Throws 400. */
export const readRevision = (query: string): number | null => {
  // Most name none, and a name may be written with percent signs.
  if (!query.includes('revision') && !query.includes('%')) return null
  const given = paramsOfQuery(query).getAll('revision')
  const [text] = given
  if (text === undefined) return null
  if (given.length === 1 && /^[1-9]\d{0,14}$/.test(text)) return Number(text)
  const shown = JSON.stringify(given.join(', ').slice(0, 50))
  throw refusal('revision', `revision is ${shown}, but it must be a whole number above 0, given once.`)
}

const keysMost = 100
const keysLengthMost = 2_000
/** Each dot may belong to a name, which is tried. */
const isTooDeep = (path: string): boolean => path.split('.').length > 64

/** The paths of `keys=a,b.c`, each once, in one order; null where it is not given. Throws 400. */
export const parseKeys = (params: URLSearchParams): readonly string[] | null => {
  const given = params.getAll('keys')
  const [text] = given
  if (text === undefined) return null
  const paths = [...new Set(text.split(','))].sort()
  const isTooMuch = text.length > keysLengthMost || paths.length > keysMost || paths.some(isTooDeep)
  const isBad = given.length > 1 || isTooMuch
  if (isBad || paths.some((path) => path === '')) {
    const rule = `1 to ${keysMost} keys of data with commas between them, such as theme.primary,features, given once`
    throw refusal('keys', `keys must be ${rule}, in ${keysLengthMost} characters at most.`)
  }
  return paths
}
