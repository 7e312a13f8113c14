import { noBucket } from './journal.ts'
import { idOf, type Names, unknown } from './names.ts'

/** What the address of a read tells of the device, by numbers of names; made once and filled for each request. */
export interface Device {
  platform: number
  version: number
  country: number
  bucket: number
}

export const createDevice = (): Device => ({
  platform: unknown,
  version: unknown,
  country: unknown,
  bucket: noBucket,
})

const queriesMost = 4096
const longestQuery = 512

/**
 * Reads the query of a URL. Devices differ in their bucket, and beside it most say the same as others do: what a query says without
 * its bucket is remembered, which is half the work of reading it.
 */
export const readDevice = (url: string, names: Names, device: Device): void => {
  device.bucket = noBucket
  const start = url.indexOf('?') + 1
  if (start === 0) {
    unpack(0, device)
    return
  }
  const others = readBucket(url, start, device)
  const known = names.queries.get(others)
  if (known === undefined) {
    readOthers(others, names, device)
    remember(names.queries, others, device)
  } else unpack(known, device)
}

/** Numbers of platforms have 8 bits, of versions 12, of countries 10. */
const remember = (
  queries: Map<string, number>,
  query: string,
  { platform, version, country }: Device,
): void => {
  if (query.length > longestQuery) return
  if (queries.size >= queriesMost) queries.clear()
  // A part of an address holds on to all of it.
  queries.set(Buffer.from(query).toString(), platform | (version << 8) | (country << 20))
}

const unpack = (packed: number, device: Device): void => {
  device.platform = packed & 0xff
  device.version = (packed >> 8) & 0xfff
  device.country = packed >> 20
}

/** Notes the bucket, 0..9999 without a zero in front as the config service has it, and answers the query without it. */
const readBucket = (url: string, start: number, device: Device): string => {
  const at = url.startsWith('bucket=', start) ? start : url.indexOf('&bucket=', start) + 1
  if (at === 0) return url.slice(start)
  let end = at + 7
  let bucket = 0
  for (; end < url.length; end += 1) {
    const digit = url.charCodeAt(end) - 48
    if (digit < 0 || digit > 9) break
    bucket = bucket * 10 + digit
  }
  const digits = end - at - 7
  const isWhole = end === url.length || url.charCodeAt(end) === 38
  const isShort = digits === 1 || (digits > 1 && digits <= 4 && url.charCodeAt(at + 7) !== 48)
  if (isWhole && isShort) device.bucket = bucket
  return end === url.length ? url.slice(start, at) : url.slice(start, at) + url.slice(end)
}

const readOthers = (query: string, names: Names, device: Device): void => {
  unpack(0, device)
  for (let at = 0; at < query.length; ) {
    const ampersand = query.indexOf('&', at)
    const end = ampersand < 0 ? query.length : ampersand
    const equals = query.indexOf('=', at)
    const value = (): string => query.slice(equals + 1, end)
    const name = equals < 0 || equals > end ? '' : query.slice(at, equals)
    if (name === 'platform') device.platform = idOf(names.platforms, value())
    else if (name === 'appVersion') device.version = idOf(names.versions, value())
    else if (name === 'country') device.country = idOf(names.countries, value())
    at = end + 1
  }
}
