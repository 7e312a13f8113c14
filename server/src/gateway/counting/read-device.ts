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

/** Reads a query without taking it apart: nearly all of its parameters are passed over by their first letter. */
export const readDevice = (url: string, names: Names, device: Device): void => {
  device.platform = unknown
  device.version = unknown
  device.country = unknown
  device.bucket = noBucket
  let at = url.indexOf('?') + 1
  if (at === 0) return
  while (at < url.length) {
    const ampersand = url.indexOf('&', at)
    const end = ampersand < 0 ? url.length : ampersand
    readParameter(url, at, end, names, device)
    at = end + 1
  }
}

const readParameter = (url: string, at: number, end: number, names: Names, device: Device): void => {
  switch (url.charCodeAt(at)) {
    case 98:
      if (url.startsWith('bucket=', at)) device.bucket = readBucket(url, at + 7, end)
      return
    case 112:
      if (url.startsWith('platform=', at)) device.platform = idOf(names.platforms, url.slice(at + 9, end))
      return
    case 97:
      if (url.startsWith('appVersion=', at)) device.version = idOf(names.versions, url.slice(at + 11, end))
      return
    case 99:
      if (url.startsWith('country=', at)) device.country = idOf(names.countries, url.slice(at + 8, end))
  }
}

/** 0..9999 without a zero in front, as the config service has it. */
const readBucket = (url: string, at: number, end: number): number => {
  if (end - at > 4 || end === at) return noBucket
  let bucket = 0
  for (let index = at; index < end; index += 1) {
    const digit = url.charCodeAt(index) - 48
    if (digit < 0 || digit > 9 || (digit === 0 && index === at && end - at > 1)) return noBucket
    bucket = bucket * 10 + digit
  }
  return bucket
}
