import type { RequestContext } from '../http/request-context.ts'
import { createRecorder, distributionOf, type Recorder, record, withBounds } from './distribution.ts'
import { joinMetrics } from './join-metrics.ts'
import type { Counter, Meters } from './meters.ts'
import type { About, Attributes, DistributionPoint, Metric } from './metric.ts'

/** The requests of a process, counted when they are answered. */
export interface RequestMeter {
  /** `request` was answered with `status` after `ms` milliseconds; its context tells the route, and what the cache did. */
  note(request: Request, context: RequestContext, status: number, ms: number): void
  /** One more, or one less, waits for something before it is answered; what is answered at once never does. */
  waiting(request: Request, by: 1 | -1): void
}

/** Of http.server.request.duration, as the semantic conventions advise. */
export const standardBounds = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]
/** A read from memory takes less than the least of those. */
const fineBounds = [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, ...standardBounds]

const requestDuration: About = {
  name: 'http.server.request.duration',
  unit: 's',
  description: 'Duration of HTTP server requests, until the answer begins.',
}
const activeRequests = {
  name: 'http.server.active_requests',
  kind: 'updown',
  unit: '{request}',
  description: 'Requests that wait for something before they are answered.',
} as const
const refusals: About = {
  name: 'parasol.requests.refused',
  unit: '{request}',
  description: 'Requests that were answered with a problem, by its code.',
}
const fetchDuration: About = {
  name: 'parasol.config.fetch.duration',
  unit: 's',
  description:
    'Duration of reads of configs, until the answer begins; those that wait for a change are left out.',
}

/** The addresses of a config itself, by the version of the API. */
const configRead = /^\/(v1|v2|beta)\/api\/config\/\{appId\}$/
/** What `cacheState` says of a read that waits for a change. */
export const waitsForChange = 'wait'

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'CONNECT', 'TRACE', 'QUERY']

/** What was answered alike. */
interface Slot {
  attributes: Attributes
  /** Of a config: the version of the API, and what the cache did. */
  fetch: Attributes | undefined
  recorder: Recorder
}

interface Answered {
  route: string | undefined
  method: string
  status: number
  cacheState: string
  problem: string | undefined
  isSecure: boolean
}

/** More are no routes of ours, or somebody invents them: then they are counted as if they had none. */
const slotsMost = 2_000

/**
 * Counts requests in both metrics at once: one look-up and one increment each, because this runs for every request. The attributes of
 * http.server.request.duration and its buckets are made when somebody reads.
 */
export const measureRequests = (meters: Meters): RequestMeter => {
  /** By route, what the cache did, and a number for all else. */
  const slots = new Map<string, Map<string, Map<number, Slot>>>()
  const all: Slot[] = []
  const waiting = new Map<number, number>()

  const add = (answered: Answered, name: string, code: number): Slot => {
    const isFull = all.length >= slotsMost && answered.route !== undefined
    if (isFull) return find({ ...answered, route: undefined, problem: undefined })
    const recorder = createRecorder(fineBounds, meters.isExponential)
    const slot = { attributes: attributesOf(answered), fetch: fetchOf(answered), recorder }
    const byCache = slots.get(name) ?? new Map<string, Map<number, Slot>>()
    slots.set(name, byCache)
    const byCode = byCache.get(answered.cacheState) ?? new Map<number, Slot>()
    byCache.set(answered.cacheState, byCode)
    byCode.set(code, slot)
    all.push(slot)
    return slot
  }
  const find = (answered: Answered): Slot => {
    const { route = '', cacheState, problem, method, status, isSecure } = answered
    const name = problem === undefined ? route : `${route} ${problem}`
    const code = codeOf(method, status, isSecure)
    return slots.get(name)?.get(cacheState)?.get(code) ?? add(answered, name, code)
  }

  const refusedBy = countRefusals(meters)
  meters.include(() => metricsOf(all))
  meters.observe(activeRequests, () =>
    [...waiting].map(([code, value]) => ({ attributes: activeAttributes(code), value })),
  )
  return {
    note({ method, url }, { route, cacheState = 'none', problem }, status, ms) {
      const isSecure = url.charCodeAt(4) === letterS
      const byCode = status < 500 ? slots.get(route ?? '')?.get(cacheState) : undefined
      const slot =
        byCode?.get(codeOf(method, status, isSecure)) ??
        // Of refusals the status says enough.
        find({
          ...{ route, method, status, cacheState, isSecure },
          problem: status >= 500 ? problem : undefined,
        })
      record(slot.recorder, ms / 1_000)
      if (problem !== undefined) refusedBy(problem, route).value += 1
    },
    waiting({ method, url }, by) {
      const code = codeOf(method, 0, url.charCodeAt(4) === letterS)
      waiting.set(code, (waiting.get(code) ?? 0) + by)
    },
  }
}

/** A flood of refusals must not cost more than refusing: each counter is looked up once. */
const countRefusals = (meters: Meters) => {
  const counters = meters.counter(refusals)
  const known = new Map<string, Map<string | undefined, Counter>>()
  return (problem: string, route: string | undefined): Counter => {
    const found = known.get(problem)?.get(route)
    if (found) return found
    const made = counters.of({ 'parasol.problem': problem, ...(route && { 'http.route': route }) })
    known.set(problem, (known.get(problem) ?? new Map<string | undefined, Counter>()).set(route, made))
    return made
  }
}

/** The fifth letter of `https:`. */
const letterS = 115

/** Methods beyond those are one. */
const codeOf = (method: string, status: number, isSecure: boolean): number =>
  (status * 16 + (method === 'GET' ? 1 : methods.indexOf(method) + 1)) * 2 + (isSecure ? 1 : 0)

const activeAttributes = (code: number): Attributes => ({
  'http.request.method': methods[Math.floor(code / 2) - 1] ?? '_OTHER',
  'url.scheme': code % 2 === 1 ? 'https' : 'http',
})

/** As the semantic conventions have them: error.type is the code of the problem, where there is one. */
const attributesOf = ({ route, method, status, problem, isSecure }: Answered): Attributes => ({
  'http.request.method': methods.includes(method) ? method : '_OTHER',
  'url.scheme': isSecure ? 'https' : 'http',
  'http.response.status_code': status,
  ...(route && { 'http.route': route }),
  ...(status >= 500 && { 'error.type': problem ?? String(status) }),
})

const fetchOf = ({ route, method, status, cacheState }: Answered): Attributes | undefined => {
  const api = route === undefined ? undefined : configRead.exec(route)?.[1]
  if (api === undefined || (method !== 'GET' && method !== 'HEAD') || cacheState === waitsForChange)
    return undefined
  return {
    'parasol.api': api,
    'parasol.cache.state': cacheState,
    'parasol.outcome': outcomeOf(status),
  }
}

const outcomeOf = (status: number): string => {
  if (status === 304) return 'unchanged'
  return status < 400 ? 'full' : status < 500 ? 'refused' : 'failed'
}

const metricsOf = (slots: readonly Slot[]): Metric[] => {
  const points = (of: (slot: Slot) => DistributionPoint | undefined): DistributionPoint[] =>
    slots.map(of).filter((point) => point !== undefined)
  const requests = points(({ attributes, recorder }) => ({
    attributes,
    value: withBounds(distributionOf(recorder), standardBounds),
  }))
  const fetches = points(
    ({ fetch, recorder }) => fetch && { attributes: fetch, value: distributionOf(recorder) },
  )
  return joinMetrics([
    ...requests.map((point): Metric => ({ ...requestDuration, kind: 'histogram', points: [point] })),
    ...fetches.map((point): Metric => ({ ...fetchDuration, kind: 'histogram', points: [point] })),
  ])
}
