import type { Usage } from '../../../../contract/shipment.ts'
import { capTally, tallyLimits } from '../../platform/tally/cap-tally.ts'
import { addDevice } from '../../platform/tally/devices.ts'
import { addLatency } from '../../platform/tally/latencies.ts'
import { createTally, type Group, groupOf, type Tally } from '../../platform/tally/tally.ts'
import { apiOf, apis, cacheOf, caches, kindOf, kinds, refusedBit, statuses, statusOf } from './codes.ts'
import { foreignRevision, type Journal, noBucket, noLatency, noRevision, wordsOfLine } from './journal.ts'

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
  const lines = linesByApp(journal)
  for (let from = 0; from < lines.length; ) {
    const app = appOf(journal, lines[from] ?? 0)
    const minute = minuteOf(journal, lines[from] ?? 0)
    let to = from + 1
    while (
      to < lines.length &&
      appOf(journal, lines[to] ?? 0) === app &&
      minuteOf(journal, lines[to] ?? 0) === minute
    )
      to += 1
    yield foldLines(journal, lines.subarray(from, to), app, minute)
    from = to
  }
}

const appOf = ({ words }: Journal, line: number): number => words[line * wordsOfLine] ?? 0

const timeOf = ({ words, beganAt }: Journal, line: number): number =>
  beganAt + ((words[line * wordsOfLine + 3] ?? 0) & 0xffff) * 1_000

const minuteOf = (journal: Journal, line: number): number =>
  Math.floor(timeOf(journal, line) / minuteMs) * minuteMs

/** The lines by their apps, of each in the order of time: a counting sort. */
const linesByApp = (journal: Journal): Uint32Array => {
  const starts = new Uint32Array(journal.names.apps.texts.length + 1)
  for (let line = 0; line < journal.lines; line += 1) {
    const next = appOf(journal, line) + 1
    starts[next] = (starts[next] ?? 0) + 1
  }
  for (let app = 1; app < starts.length; app += 1) starts[app] = (starts[app] ?? 0) + (starts[app - 1] ?? 0)
  const lines = new Uint32Array(journal.lines)
  for (let line = 0; line < journal.lines; line += 1) {
    const app = appOf(journal, line)
    const place = starts[app] ?? 0
    lines[place] = line
    starts[app] = place + 1
  }
  return lines
}

const foldLines = (journal: Journal, lines: Uint32Array, app: number, minute: number): Folded => {
  const { words, names } = journal
  const tally = createTally()
  const uses = new Map<number, Use>()
  const codes = new Map<number, number>()
  const revisions = groupsOf(tally, 'revision', textOfRevision)
  const held = groupsOf(tally, 'held', textOfHeld)
  const platforms = groupsOf(tally, 'platform', (id) => names.platforms.texts[id])
  const versions = groupsOf(tally, 'appVersion', (id) => names.versions.texts[id])
  const countries = groupsOf(tally, 'country', (id) => names.countries.texts[id])
  const word = (line: number, at: number): number => words[line * wordsOfLine + at] ?? 0
  for (const line of lines) {
    const code = word(line, 4) & 0xffff
    noteUse(
      uses,
      word(line, 3) >>> 16,
      word(line, 4) >>> 16,
      (code & refusedBit) !== 0,
      timeOf(journal, line),
    )
    if (apiOf(code) === 0) continue
    tally.requests += 1
    const whoAndWhat = word(line, 2)
    const combined = (code << 8) | (whoAndWhat & 0xff)
    codes.set(combined, (codes.get(combined) ?? 0) + 1)
    // Buckets of different apps are not to be mixed up.
    const bucket = app === 0 ? noBucket : whoAndWhat >>> 16
    if (word(line, 5) !== noRevision) note(revisions(word(line, 5)), bucket)
    note(held(word(line, 6)), bucket)
    note(platforms((whoAndWhat >>> 8) & 0xff), bucket)
    note(versions(word(line, 1) >>> 16), bucket)
    note(countries(word(line, 1) & 0xffff), bucket)
    if (word(line, 7) !== noLatency) addLatency(tally.latencies, word(line, 7) / 1_000)
  }
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

const note = (group: Group, bucket: number): void => {
  group.count += 1
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
  key: number,
  routeClass: number,
  isRefused: boolean,
  at: number,
): void => {
  const who = key * 256 + routeClass
  let use = uses.get(who)
  if (use === undefined) {
    use = { requests: 0, refused: 0, lastAt: at }
    uses.set(who, use)
  }
  use.requests += 1
  if (isRefused) use.refused += 1
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
