import { normalizePlatform } from '../../../../contract/normalize-platform.ts'
import { addDevice, createDevices } from '../../platform/tally/devices.ts'
import { createTally, type Group, type Tally } from '../../platform/tally/tally.ts'
import type { KeptEvent } from './kept-event.ts'

/** What was counted of an app in a minute. */
export interface MinuteTally {
  appId: string
  /** Milliseconds since 1970, whole minutes. */
  minute: number
  tally: Tally
}

type Values = Map<string, Group>

/** The facets of one event name, found once: their names are put together of its own. Made when something is counted in them. */
interface Facets {
  group: Group
  dimensions: Partial<Record<Dimension, Values>>
  properties: Map<string, Values>
}

type Dimension = 'revision' | 'platform' | 'appVersion' | 'configVersion'

interface Counting extends MinuteTally {
  facets: Map<string, Facets>
}

const minuteMs = 60_000
/** Longer values are told apart by their beginnings. */
const valueMost = 100

/** Counts events by app and the minute they happened in: each once for its name, its versions, its platform and its properties. */
export const tallyEvents = (events: readonly KeptEvent[]): MinuteTally[] => {
  const byApp = new Map<string, Map<number, Counting>>()
  for (const event of events) {
    const minute = event.at - (((event.at % minuteMs) + minuteMs) % minuteMs)
    let minutes = byApp.get(event.appId)
    if (!minutes) {
      minutes = new Map()
      byApp.set(event.appId, minutes)
    }
    let counting = minutes.get(minute)
    if (!counting) {
      counting = { appId: event.appId, minute, tally: createTally(), facets: new Map() }
      minutes.set(minute, counting)
    }
    countEvent(counting, event)
  }
  return [...byApp.values()].flatMap((minutes) => [...minutes.values()])
}

const countEvent = (counting: Counting, event: KeptEvent): void => {
  const { name, bucket, revision, platform, appVersion, configVersion, properties } = event
  const { tally } = counting
  const facets = facetsOf(counting, name)
  const countBy = (dimension: Dimension, value: string): void => {
    facets.dimensions[dimension] ??= facetIn(tally, `event/${name}/${dimension}`)
    add(groupIn(facets.dimensions[dimension], value), bucket)
  }
  add(facets.group, bucket)
  if (revision !== null) countBy('revision', String(revision))
  if (platform !== null) countBy('platform', normalizePlatform(platform) ?? 'unknown')
  if (appVersion !== null) countBy('appVersion', appVersion)
  if (configVersion !== null) countBy('configVersion', configVersion)
  for (const property in properties) {
    let values = facets.properties.get(property)
    if (!values) {
      values = facetIn(tally, `event/${name}/property/${property}`)
      facets.properties.set(property, values)
    }
    // Without devices: those of every value of everything would be most of what is kept.
    groupIn(values, shortened(String(properties[property]))).count += 1
  }
}

const add = (group: Group, bucket: number | null): void => {
  group.count += 1
  if (bucket !== null) addDevice(group.devices, bucket)
}

const facetsOf = ({ tally, facets }: Counting, name: string): Facets => {
  const known = facets.get(name)
  if (known) return known
  const made: Facets = {
    group: groupIn(facetIn(tally, 'event'), name),
    dimensions: {},
    properties: new Map(),
  }
  facets.set(name, made)
  return made
}

const facetIn = (tally: Tally, facet: string): Values => {
  const known = tally.facets.get(facet)
  if (known) return known
  const values: Values = new Map()
  tally.facets.set(facet, values)
  return values
}

const groupIn = (values: Values, value: string): Group => {
  const known = values.get(value)
  if (known) return known
  const group: Group = { count: 0, devices: createDevices('buckets') }
  values.set(value, group)
  return group
}

/** Never within a character: half of one is no text. */
const shortened = (value: string): string =>
  value.length <= valueMost ? value : `${value.slice(0, valueMost).toWellFormed()}…`
