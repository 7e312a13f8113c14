import { contextOf } from '../../platform/http/request-context.ts'
import type { Asked } from '../limits/limit-requests.ts'
import type { Route } from '../routes/route.ts'
import { noBucket, noSearch, type Search } from '../search/read-search.ts'
import { createJournal, type Journal, linesMost, nextLine, noLatency } from './journal.ts'
import { idOf, type Names } from './names.ts'
import { deviceOf } from './read-device.ts'
import { readKind } from './read-kind.ts'
import { revisionOf } from './read-revision.ts'

/** A request on its way, as far as it is known. */
export interface Visit extends Asked {
  route: Route
  /** Normalised, without its query. */
  path: string
  /** Of reads of configs; else that of no query. */
  search: Search
  /** What its client key reads, where that is of this app. */
  channel?: string | undefined
}

/** Counts requests, once what is answered is known. */
export interface Counting {
  /** When a request began. */
  begin(): number
  /** `response`: undefined where it was refused with an error. */
  count(request: Request, visit: Visit, status: number, response: Response | undefined, beganAt: number): void
}

/** What was counted, for who ships it. */
export interface Counted {
  /** What was counted since the last time, to be folded; undefined for nothing. */
  take(): Journal | undefined
  /** Takes back a journal that was folded. */
  giveBack(journal: Journal): void
  /** How much of its room is in use, 0..1, and since when, in ms since 1970. */
  size(): { share: number; beganAt: number }
}

interface CountingOptions {
  /** Ms since anything but now. */
  now?: () => number
  /** Ms since 1970. */
  date?: () => number
  /** Told once when most of the room is in use: what comes when there is none is counted as lost. */
  onFull?: () => void
}

const fullLines = linesMost * 0.75

/** Notes requests one after the other, in constant memory; without a promise, and with next to nothing to collect. */
export const createCounting = ({
  now = () => performance.now(),
  date = Date.now,
  onFull = () => {},
}: CountingOptions = {}): Counting & Counted => {
  let journal = createJournal(date())
  /** The second 0 of the journal, by `now`. */
  let zero = now()
  /** Of a journal that was folded, for the next one; not kept while nobody asks. */
  let used: Uint32Array | undefined
  return {
    begin: now,
    count(request, visit, status, response, beganAt) {
      if (request.method === 'OPTIONS' || visit.route.name === 'pages') return
      const endedAt = now()
      contextOf(request).answeredAt = endedAt
      const at = nextLine(journal)
      if (at < 0) return
      if (journal.lines === fullLines) onFull()
      const { words, names } = journal
      const second = Math.min(0xffff, Math.max(0, Math.floor((endedAt - zero) / 1_000)))
      words[at + 3] = ((visit.keyId === undefined ? 0 : idOf(names.keys, visit.keyId)) << 16) | second
      writeAnswered(words, at, names, request, visit, status, response)
      const isTimed = visit.routeClass !== 'live' && (status < 400 || status >= 500)
      words[at + 7] = isTimed ? Math.min(noLatency - 1, Math.max(0, (endedAt - beganAt) * 1_000)) : noLatency
    },
    take() {
      if (journal.lines === 0 && journal.lost === 0) {
        used = undefined
        return undefined
      }
      const taken = journal
      journal = createJournal(date(), taken, used)
      used = undefined
      zero = now()
      return taken
    },
    giveBack({ words }) {
      used = words
    },
    size: () => ({ share: journal.lines / linesMost, beganAt: journal.beganAt }),
  }
}

/** For a gateway that is to count nothing. */
export const noCounting: Counting = { begin: () => 0, count: () => {} }

const writeAnswered = (
  words: Uint32Array,
  at: number,
  names: Names,
  request: Request,
  visit: Visit,
  status: number,
  response: Response | undefined,
): void => {
  const { cacheState, heldTags } = contextOf(request)
  const { app, api, classAndCode, revision } = readKind(names, cacheState, visit, status, response)
  words[at] = app
  words[at + 4] = classAndCode
  words[at + 5] = revision
  if (api === 0) {
    words[at + 1] = 0
    words[at + 2] = noBucket << 16
    words[at + 6] = 0
    return
  }
  // Of /v1 no query matters, whatever somebody writes into it.
  const search = api === 1 ? noSearch : visit.search
  const channelId = visit.channel === undefined ? Number(api === 3) : idOf(names.channels, visit.channel)
  words[at + 1] = deviceOf(search.shared, names)
  words[at + 2] = (search.bucket << 16) | channelId
  words[at + 6] = revisionOf(heldTags === undefined ? request.headers.get('if-none-match') : heldTags)
}
