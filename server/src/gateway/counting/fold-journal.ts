import type { Usage } from '../../../../contract/shipment.ts'
import { capTally, tallyLimits } from '../../platform/tally/cap-tally.ts'
import { addDevice } from '../../platform/tally/devices.ts'
import { createTally, type Group, groupOf, type Tally } from '../../platform/tally/tally.ts'
import { noBucket } from '../search/read-search.ts'
import { apiOf, apis, cacheOf, caches, kindOf, kinds, refusedBit, statuses, statusOf } from './codes.ts'
import { openDurations } from './fold-durations.ts'
import { foreignRevision, type Journal, noLatency, noRevision, wordsOfLine } from './journal.ts'
import { countryOf, platformOf, versionOf } from './read-device.ts'

/** What was counted of an app in a minute. */
export interface Folded {
  /** Empty: of no app that is known here. */
  appId: string
  /** Whole, in ms since 1970. */
  minute: number
  /** Undefined where no config was asked for. */
  tally: Tally | undefined
  uses: Usage[]
}

const minuteMs = 60_000

/** Makes tallies of a journal, one at a time, so that whoever folds can stop in between. */
export function* foldJournal(journal: Journal): Generator<Folded, void> {
  const { lines, ends } = linesByApp(journal)
  for (let app = 0, from = 0; app < ends.length; app += 1) {
    const end = ends[app] ?? 0
    while (from < end) {
      const minute = minuteOf(journal, lines[from] ?? 0)
      const to = endOfMinute(journal, lines, minute, from, end)
      yield foldLines(journal, lines.subarray(from, to), app, minute)
      from = to
    }
  }
}

const appOf = ({ words }: Journal, line: number): number => words[line * wordsOfLine] ?? 0

const timeOf = ({ words, beganAt }: Journal, line: number): number =>
  beganAt + ((words[line * wordsOfLine + 3] ?? 0) & 0xffff) * 1_000

const minuteOf = (journal: Journal, line: number): number =>
  Math.floor(timeOf(journal, line) / minuteMs) * minuteMs

/** Nearly always all of an app are of one minute, which the last of them tells. */
const endOfMinute = (
  journal: Journal,
  lines: Uint32Array,
  minute: number,
  from: number,
  end: number,
): number => {
  if (minuteOf(journal, lines[end - 1] ?? 0) === minute) return end
  let to = from + 1
  while (minuteOf(journal, lines[to] ?? 0) === minute) to += 1
  return to
}

/** The lines by their apps, of each in the order of time, and where those of each app end: a counting sort. */
const linesByApp = (journal: Journal): { lines: Uint32Array; ends: Uint32Array } => {
  const ends = new Uint32Array(journal.names.apps.texts.length)
  for (let line = 0; line < journal.lines; line += 1) {
    const app = appOf(journal, line)
    ends[app] = (ends[app] ?? 0) + 1
  }
  // Where each begins; each line then moves it on, up to its end.
  for (let app = 0, sum = 0; app < ends.length; app += 1) {
    const count = ends[app] ?? 0
    ends[app] = sum
    sum += count
  }
  const lines = new Uint32Array(journal.lines)
  for (let line = 0; line < journal.lines; line += 1) {
    const app = appOf(journal, line)
    const place = ends[app] ?? 0
    lines[place] = line
    ends[app] = place + 1
  }
  return { lines, ends }
}

const foldLines = (journal: Journal, lines: Uint32Array, app: number, minute: number): Folded => {
  const { words, names } = journal
  const tally = createTally()
  const uses = new Map<number, Use>()
  const codes = new Map<number, number>()
  const durations = openDurations(tally.latencies)
  const foldRun = openRuns(journal, tally, { isKnown: app !== 0, uses, codes })
  // What asks again and again without a bucket is the same but for its time.
  let [run, count] = [lines[0] ?? 0, 0]
  let last = run
  for (const line of lines) {
    if (!isSame(words, run, line)) {
      foldRun(run, count, last)
      ;[run, count] = [line, 0]
    }
    count += 1
    last = line
    durations.add(words[line * wordsOfLine + 7] ?? noLatency)
  }
  foldRun(run, count, last)
  durations.close()
  for (const [combined, count] of codes) noteCode(journal, tally, combined, count)
  if (isWide(tally)) capTally(tally)
  const appId = names.apps.texts[app] ?? ''
  return {
    appId,
    minute,
    tally: tally.requests > 0 ? tally : undefined,
    uses: [...uses].map(([who, use]) => usageOf(journal, appId, who, use)),
  }
}

/** Whether all words of two lines but the second and the duration are the same. */
const isSame = (words: Uint32Array, one: number, other: number): boolean => {
  const [a, b] = [one * wordsOfLine, other * wordsOfLine]
  return (
    words[a + 2] === words[b + 2] &&
    words[a + 1] === words[b + 1] &&
    words[a + 4] === words[b + 4] &&
    words[a + 5] === words[b + 5] &&
    words[a + 6] === words[b + 6] &&
    (words[a + 3] ?? 0) >>> 16 === (words[b + 3] ?? 0) >>> 16
  )
}

interface Into {
  /** Buckets of different apps are not to be mixed up. */
  isKnown: boolean
  uses: Map<number, Use>
  codes: Map<number, number>
}

/** Adds so many lines that are the same to a tally; the last of them tells when that was. */
const openRuns = (journal: Journal, tally: Tally, { isKnown, uses, codes }: Into) => {
  const { words, names } = journal
  const revisions = groupsOf(tally, 'revision', textOfRevision)
  const held = groupsOf(tally, 'held', textOfHeld)
  const platforms = groupsOf(tally, 'platform', (id) => names.platforms.texts[id])
  const versions = groupsOf(tally, 'appVersion', (id) => names.versions.texts[id])
  const countries = groupsOf(tally, 'country', (id) => names.countries.texts[id])
  return (line: number, count: number, last: number): void => {
    const at = line * wordsOfLine
    const word = (index: number): number => words[at + index] ?? 0
    const code = word(4) & 0xffff
    const isRefused = (code & refusedBit) !== 0
    const who = (word(3) >>> 16) * 256 + (word(4) >>> 16)
    noteUse(uses, who, { count, isRefused, at: timeOf(journal, last) })
    if (apiOf(code) === 0) return
    tally.requests += count
    const whoAndWhat = word(2)
    const combined = (code << 8) | (whoAndWhat & 0xff)
    codes.set(combined, (codes.get(combined) ?? 0) + count)
    const bucket = isKnown ? whoAndWhat >>> 16 : noBucket
    if (word(5) !== noRevision) note(revisions(word(5)), bucket, count)
    note(held(word(6)), bucket, count)
    note(platforms(platformOf(word(1))), bucket, count)
    note(versions(versionOf(word(1))), bucket, count)
    note(countries(countryOf(word(1))), bucket, count)
  }
}

const textOfRevision = (revision: number): string =>
  revision === foreignRevision ? 'other' : String(revision)

const textOfHeld = (revision: number): string => (revision === noRevision ? 'none' : textOfRevision(revision))

const isWide = ({ facets }: Tally): boolean => {
  for (const values of facets.values()) if (values.size > tallyLimits.values) return true
  return false
}

/** The groups of a facet by numbers; the one before is nearly always the next one too. */
const groupsOf = (
  tally: Tally,
  facet: string,
  textOf: (id: number) => string | undefined,
): ((id: number) => Group) => {
  const groups = new Map<number, Group>()
  let lastId = -1
  let last: Group | undefined
  return (id) => {
    if (last !== undefined && id === lastId) return last
    const group = groups.get(id) ?? groupOf(tally, facet, textOf(id) ?? 'unknown')
    groups.set(id, group)
    lastId = id
    last = group
    return group
  }
}

const note = (group: Group, bucket: number, count: number): void => {
  group.count += count
  if (bucket !== noBucket) addDevice(group.devices, bucket)
}

const noteCode = ({ names }: Journal, tally: Tally, combined: number, count: number): void => {
  const code = combined >> 8
  groupOf(tally, 'api', apis[apiOf(code)] ?? '').count += count
  groupOf(tally, 'channel', names.channels.texts[combined & 0xff] ?? '').count += count
  groupOf(tally, 'kind', kinds[kindOf(code)] ?? '').count += count
  groupOf(tally, 'status', statuses[statusOf(code)] ?? '').count += count
  groupOf(tally, 'cache', caches[cacheOf(code)] ?? '').count += count
}

interface Use {
  requests: number
  refused: number
  lastAt: number
}

const noteUse = (
  uses: Map<number, Use>,
  who: number,
  { count, isRefused, at }: { count: number; isRefused: boolean; at: number },
): void => {
  let use = uses.get(who)
  if (use === undefined) {
    use = { requests: 0, refused: 0, lastAt: at }
    uses.set(who, use)
  }
  use.requests += count
  if (isRefused) use.refused += count
  use.lastAt = at
}

/** Many apps were asked for last in the same second. */
let lastTime = 0
let lastText = new Date(0).toISOString()

const textOfTime = (time: number): string => {
  if (time === lastTime) return lastText
  lastTime = time
  lastText = new Date(time).toISOString()
  return lastText
}

const usageOf = ({ names }: Journal, appId: string, who: number, use: Use): Usage => ({
  day: textOfTime(use.lastAt).slice(0, 10),
  appId: appId === '' ? null : appId,
  keyId: names.keys.texts[Math.floor(who / 256)] || null,
  routeClass: names.classes.texts[who % 256] ?? '',
  requests: use.requests,
  refused: use.refused,
  lastAt: textOfTime(use.lastAt),
})
