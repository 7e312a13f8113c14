import { addGroup, type Group, type Tally } from './tally.ts'

export interface TallyLimits {
  /** Values of a facet. */
  values: number
  /** Names of events of an app. */
  events: number
  /** Properties of an event name. */
  properties: number
}

export const tallyLimits: TallyLimits = { values: 100, events: 50, properties: 20 }

/**
 * Characters of all that is told of events, each value with some for its count and its devices: else a row of one minute could take
 * 10 MB, or have more devices than readTally takes (23,000 full sets).
 */
const mostCharacters = 384 * 1024
const charactersOfGroup = 16

/** The value that stands for all that did not fit. */
export const other = 'other'

/**
 * Keeps the most frequent values of each facet, the first in the alphabet among equals, and adds the rest to the value `other`, which
 * does not count against the limit. An event name that does not fit takes its facets along, a property its values. No count is
 * lost: the sum over a facet stays, and `folded` tells by facet how much went into `other`. Where all values of events are too long
 * together, the facets that count most keep theirs, properties after the others. A facet of an event is
 * `event/{name}/{dimension}` or `event/{name}/property/{property}`; a name has no `/`.
 */
export const capTally = (tally: Tally, limits: TallyLimits = tallyLimits): void => {
  foldEvents(tally, limits.events)
  foldProperties(tally, limits.properties)
  for (const facet of [...tally.facets.keys()]) {
    foldValues(tally, facet, namesBeyond(tally, facet, facet === 'event' ? limits.events : limits.values))
  }
  foldLongest(tally)
}

const foldEvents = (tally: Tally, most: number): void => {
  const names = namesBeyond(tally, 'event', most)
  for (const facet of [...tally.facets.keys()]) {
    const [, name = '', rest] = /^event\/([^/]*)\/(.*)$/s.exec(facet) ?? []
    if (rest !== undefined && names.has(name)) moveFacet(tally, facet, `event/${other}/${rest}`)
  }
}

const foldProperties = (tally: Tally, most: number): void => {
  const properties = new Map<string, Map<string, number>>()
  for (const [facet, values] of tally.facets) {
    const [, start, property = ''] = /^(event\/[^/]*\/property\/)(.*)$/s.exec(facet) ?? []
    if (start === undefined) continue
    const counts = properties.get(start) ?? new Map<string, number>()
    properties.set(start, counts.set(property, sumOf(values)))
  }
  for (const [start, counts] of properties) {
    for (const property of namesAfter(counts, most)) {
      const facet = start + property
      foldValues(tally, facet, new Set(tally.facets.get(facet)?.keys()))
      moveFacet(tally, facet, start + other)
    }
  }
}

const foldLongest = (tally: Tally): void => {
  const facets = [...tally.facets].filter(([facet]) => facet.startsWith('event/'))
  const lengths = new Map(facets.map(([facet, values]) => [facet, lengthOf(values)]))
  if (facets.reduce((sum, [facet]) => sum + (lengths.get(facet) ?? 0), 0) <= mostCharacters) return
  const ranked = facets.map(([facet, values]) => ({
    ...{ facet, isProperty: facet.includes('/property/'), count: sumOf(values), names: values.keys() },
  }))
  ranked.sort(
    (one, two) =>
      Number(one.isProperty) - Number(two.isProperty) ||
      two.count - one.count ||
      (one.facet < two.facet ? -1 : 1),
  )
  let left = mostCharacters
  for (const { facet, names } of ranked) {
    const length = lengths.get(facet) ?? 0
    if (length <= left) left -= length
    else foldValues(tally, facet, new Set(names))
  }
}

const lengthOf = (values: Map<string, Group>): number => {
  let length = 0
  for (const value of values.keys()) length += value.length + charactersOfGroup
  return length
}

const namesBeyond = (tally: Tally, facet: string, most: number): Set<string> => {
  const values = tally.facets.get(facet)
  if (values === undefined || values.size <= most) return new Set()
  return namesAfter(new Map([...values].map(([value, group]) => [value, group.count])), most)
}

/** What is not among the `most` most frequent; `other` has its place for certain. */
const namesAfter = (counts: Map<string, number>, most: number): Set<string> => {
  const ranked = [...counts].filter(([name]) => name !== other)
  ranked.sort(([one, oneCount], [two, twoCount]) => twoCount - oneCount || (one < two ? -1 : 1))
  return new Set(ranked.slice(most).map(([name]) => name))
}

const foldValues = (tally: Tally, facet: string, names: Set<string>): void => {
  const values = tally.facets.get(facet)
  for (const name of names) {
    const group = values?.get(name)
    if (group === undefined || name === other) continue
    values?.delete(name)
    addGroup(tally, facet, other, group)
    tally.folded.set(facet, (tally.folded.get(facet) ?? 0) + group.count)
  }
}

const moveFacet = (tally: Tally, from: string, to: string): void => {
  const values = tally.facets.get(from)
  if (values === undefined || from === to) return
  tally.facets.delete(from)
  for (const [value, group] of values) addGroup(tally, to, value, group)
  const folded = tally.folded.get(from)
  tally.folded.delete(from)
  if (folded !== undefined) tally.folded.set(to, (tally.folded.get(to) ?? 0) + folded)
}

const sumOf = (values: Map<string, Group>): number => {
  let sum = 0
  for (const group of values.values()) sum += group.count
  return sum
}
