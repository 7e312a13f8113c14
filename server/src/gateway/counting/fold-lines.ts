import { capTally, tallyLimits } from '../../platform/tally/cap-tally.ts'
import { addDevice } from '../../platform/tally/devices.ts'
import { createTally, type Group, groupOf, type Tally } from '../../platform/tally/tally.ts'
import { noBucket } from '../search/read-search.ts'
import { apiOf, apis, cacheOf, caches, kindOf, kinds, statuses, statusOf } from './codes.ts'
import { openDurations } from './fold-durations.ts'
import { foreignRevision, type Journal, noLatency, noRevision, wordsOfLine } from './journal.ts'
import { countryOf, platformOf, versionOf } from './read-device.ts'

/** Of so many lines and fewer, devices are taken by their buckets, which sets are made of the fastest. */
const sortedMost = 2048
const keys = new Uint32Array(sortedMost)

/** Makes a tally of the lines of an app in a minute; undefined where no config was asked for. */
export const foldLines = (journal: Journal, lines: Uint32Array, isKnown: boolean): Tally | undefined => {
  const { words } = journal
  const tally = createTally()
  const durations = openDurations(tally.latencies)
  const runs = new Runs(journal, tally, isKnown)
  const ordered = byBucket(words, lines)
  // What asks again and again without a bucket is the same but for its time.
  let [run, count] = [ordered[0] ?? 0, 0]
  for (const line of ordered) {
    if (count > 0 && !isSame(words, run, line)) {
      runs.add(run, count)
      ;[run, count] = [line, 0]
    }
    count += 1
    durations.add(words[line * wordsOfLine + 7] ?? noLatency)
  }
  runs.add(run, count)
  runs.close()
  durations.close()
  if (isWide(tally)) capTally(tally)
  return tally.requests > 0 ? tally : undefined
}

const byBucket = (words: Uint32Array, lines: Uint32Array): Uint32Array => {
  const { length } = lines
  if (length > sortedMost) return lines
  for (let at = 0; at < length; at += 1)
    keys[at] = ((words[(lines[at] ?? 0) * wordsOfLine + 2] ?? 0) & 0xffff0000) | at
  const sorted = keys.subarray(0, length).sort()
  for (let at = 0; at < length; at += 1) sorted[at] = lines[(sorted[at] ?? 0) & 0xffff] ?? 0
  return sorted
}

/** Whether all words of two lines but key, second and duration are the same. */
const isSame = (words: Uint32Array, one: number, other: number): boolean => {
  const [a, b] = [one * wordsOfLine, other * wordsOfLine]
  return (
    words[a + 2] === words[b + 2] &&
    words[a + 1] === words[b + 1] &&
    words[a + 4] === words[b + 4] &&
    words[a + 5] === words[b + 5] &&
    words[a + 6] === words[b + 6]
  )
}

/** What devices that told the same count to. */
interface DeviceGroups {
  platform: Group
  version: Group
  country: Group
}

/** Adds lines that are the same to a tally, so many at once. */
class Runs {
  readonly #journal: Journal
  readonly #tally: Tally
  /** Buckets of different apps are not to be mixed up. */
  readonly #isKnown: boolean
  readonly #revisions: Numbered<Group>
  readonly #held: Numbered<Group>
  readonly #devices: Numbered<DeviceGroups>
  /** By code and channel. */
  readonly #codes = new Numbered(() => ({ count: 0 }))

  constructor(journal: Journal, tally: Tally, isKnown: boolean) {
    this.#journal = journal
    this.#tally = tally
    this.#isKnown = isKnown
    this.#revisions = new Numbered((revision) => groupOf(tally, 'revision', textOfRevision(revision)))
    this.#held = new Numbered((revision) => groupOf(tally, 'held', textOfHeld(revision)))
    this.#devices = new Numbered((device) => this.#groupsOf(device))
  }

  #groupsOf(device: number): DeviceGroups {
    const { platforms, versions, countries } = this.#journal.names
    const of = (facet: string, text = 'unknown'): Group => groupOf(this.#tally, facet, text)
    return {
      platform: of('platform', platforms.texts[platformOf(device)]),
      version: of('appVersion', versions.texts[versionOf(device)]),
      country: of('country', countries.texts[countryOf(device)]),
    }
  }

  add(line: number, count: number): void {
    const { words } = this.#journal
    const at = line * wordsOfLine
    const code = (words[at + 4] ?? 0) & 0xffff
    if (apiOf(code) === 0) return
    this.#tally.requests += count
    const whoAndWhat = words[at + 2] ?? 0
    this.#codes.of((code << 8) | (whoAndWhat & 0xff)).count += count
    const bucket = this.#isKnown ? whoAndWhat >>> 16 : noBucket
    const revision = words[at + 5] ?? noRevision
    if (revision !== noRevision) note(this.#revisions.of(revision), bucket, count)
    note(this.#held.of(words[at + 6] ?? noRevision), bucket, count)
    const { platform, version, country } = this.#devices.of(words[at + 1] ?? 0)
    note(platform, bucket, count)
    note(version, bucket, count)
    note(country, bucket, count)
  }

  close(): void {
    const { channels } = this.#journal.names
    for (const [combined, { count }] of this.#codes.all()) {
      const code = combined >> 8
      const add = (facet: string, text = ''): void => {
        groupOf(this.#tally, facet, text).count += count
      }
      add('api', apis[apiOf(code)])
      add('channel', channels.texts[combined & 0xff])
      add('kind', kinds[kindOf(code)])
      add('status', statuses[statusOf(code)])
      add('cache', caches[cacheOf(code)])
    }
  }
}

/** What is known by a number, made when it is first asked for; the one before is mostly the next one too. */
class Numbered<T> {
  readonly #make: (id: number) => T
  readonly #known = new Map<number, T>()
  #lastId = -1
  #last: T | undefined

  constructor(make: (id: number) => T) {
    this.#make = make
  }

  of(id: number): T {
    if (this.#last !== undefined && id === this.#lastId) return this.#last
    const one = this.#known.get(id) ?? this.#make(id)
    this.#known.set(id, one)
    this.#lastId = id
    this.#last = one
    return one
  }

  all(): ReadonlyMap<number, T> {
    return this.#known
  }
}

const note = (group: Group, bucket: number, count: number): void => {
  group.count += count
  if (bucket !== noBucket) addDevice(group.devices, bucket)
}

const textOfRevision = (revision: number): string =>
  revision === foreignRevision ? 'other' : String(revision)

const textOfHeld = (revision: number): string => (revision === noRevision ? 'none' : textOfRevision(revision))

const isWide = ({ facets }: Tally): boolean => {
  for (const values of facets.values()) if (values.size > tallyLimits.values) return true
  return false
}
