import type { SharedSearch } from '../search/read-search.ts'
import { idOf, type Names } from './names.ts'

/** What devices that ask alike have told, by numbers of names. */
class Device {
  readonly generation: number
  readonly packed: number

  constructor(generation: number, packed: number) {
    this.generation = generation
    this.packed = packed
  }
}

/** Numbers of platforms have 8 bits, of versions 12, of countries 10. */
export const platformOf = (packed: number): number => packed & 0xff
export const versionOf = (packed: number): number => (packed >>> 8) & 0xfff
export const countryOf = (packed: number): number => packed >>> 20

/** Platform, version and country of a device, by the query of its read; read once for all who ask the same. */
export const deviceOf = (search: SharedSearch, names: Names): number => {
  const noted = search.device
  if (noted instanceof Device && noted.generation === names.generation) return noted.packed
  const packed = readDevice(search.text, names)
  if (search.isKnown) search.device = new Device(names.generation, packed)
  return packed
}

const readDevice = (query: string, names: Names): number => {
  let [platform, version, country] = [0, 0, 0]
  // From one value to the next: pairs without any may be thousands, each of which would be looked through to the end of the query.
  for (let equals = query.indexOf('='); equals >= 0; ) {
    const ampersand = query.indexOf('&', equals)
    const end = ampersand < 0 ? query.length : ampersand
    const value = query.slice(equals + 1, end)
    const name = query.slice(query.lastIndexOf('&', equals) + 1, equals)
    if (name === 'platform') platform = idOf(names.platforms, value)
    else if (name === 'appVersion') version = idOf(names.versions, value)
    else if (name === 'country') country = idOf(names.countries, value)
    equals = query.indexOf('=', end)
  }
  return platform | (version << 8) | (country << 20)
}
