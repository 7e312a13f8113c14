import { type PreparedHeaders, partsOf } from '../../platform/http/prepared-answer.ts'
import { isOfConfigs, type Route } from '../routes/route.ts'
import { cacheOfState, codeOf } from './codes.ts'
import type { Visit } from './counting.ts'
import { noRevision } from './journal.ts'
import { idOf, type Names, unknown } from './names.ts'
import { revisionOf } from './read-revision.ts'

/** What is the same for all who are answered alike, as the words of a journal have it. */
export interface Kind {
  app: number
  /** As codes.ts has them; 0 for what is no request for a config. */
  api: number
  classAndCode: number
  revision: number
}

/** What a kind depends on, beside the headers that it is noted at. */
class NotedKind implements Kind {
  readonly app: number
  readonly api: number
  readonly classAndCode: number
  readonly revision: number
  readonly #generation: number
  readonly #route: Route
  readonly #routeClass: string
  readonly #pathLength: number
  readonly #status: number
  readonly #cacheState: string | undefined

  constructor(names: Names, cacheState: string | undefined, visit: Visit, status: number, kind: Kind) {
    this.app = kind.app
    this.api = kind.api
    this.classAndCode = kind.classAndCode
    this.revision = kind.revision
    this.#generation = names.generation
    this.#route = visit.route
    this.#routeClass = visit.routeClass
    this.#pathLength = visit.path.length
    this.#status = status
    this.#cacheState = cacheState
  }

  isOf(names: Names, cacheState: string | undefined, visit: Visit, status: number): boolean {
    return (
      this.#generation === names.generation &&
      this.#route === visit.route &&
      this.#routeClass === visit.routeClass &&
      this.#pathLength === visit.path.length &&
      this.#status === status &&
      this.#cacheState === cacheState
    )
  }
}

/**
 * Reads the kind of a request, `response` being undefined where it was refused with an error. Most get an answer that was prepared
 * for many, of one revision and so of one app: what was found out of the last of these is noted there, as looking up names and
 * reading tags again would be most of what counting costs.
 */
export const readKind = (
  names: Names,
  cacheState: string | undefined,
  visit: Visit,
  status: number,
  response: Response | undefined,
): Kind => {
  const prepared = response && partsOf(response)?.prepared
  const noted = prepared?.note
  if (noted instanceof NotedKind && noted.isOf(names, cacheState, visit, status)) return noted
  const kind = findOut(names, cacheState, visit, status, response)
  if (prepared && mayNote(prepared, kind))
    prepared.note = new NotedKind(names, cacheState, visit, status, kind)
  return kind
}

const mayNote = ({ fields }: PreparedHeaders, { api, revision }: Kind): boolean =>
  api > 0 && revision !== noRevision && revisionOf(fields.etag) === revision

const findOut = (
  names: Names,
  cacheState: string | undefined,
  visit: Visit,
  status: number,
  response: Response | undefined,
): Kind => {
  const { appId, channel, path, route, routeClass } = visit
  const api = apiOf(route, path)
  const isSeen = status < 400 || channel !== undefined
  const app = appId === undefined ? 0 : appIdOf(names, appId, isSeen)
  const ofClass = idOf(names.classes, routeClass) << 16
  if (api === 0) return { app, api, classAndCode: ofClass | codeOf(0, 0, status, 0), revision: 0 }
  const cache = response === undefined ? 0 : cacheOfState(cacheState)
  const revision =
    response === undefined || status >= 400 ? noRevision : revisionOf(headerOf(response, 'etag'))
  return { app, api, classAndCode: ofClass | codeOf(api, kindOf(visit), status, cache), revision }
}

/** 1 to 3 as codes.ts has them, by the b of /beta and the 1 of /v1; 0 for what is no request for a config. */
const apiOf = (route: Route, path: string): number => {
  if (!isOfConfigs(route)) return 0
  if (path.charCodeAt(1) === 98) return 3
  return path.charCodeAt(2) === 49 ? 1 : 2
}

/** Below an app there are, beside its streams, what clients of OpenFeature ask for. */
const kindOf = ({ route, routeClass, appId, path }: Visit): number => {
  if (routeClass === 'live') return 1
  const isBelow = path.length > route.prefix.length + 1 + (appId?.length ?? 0)
  return routeClass === 'openfeature' || isBelow ? 2 : 0
}

/** Only what is there has numbers to itself: anybody can invent apps. */
const appIdOf = ({ apps }: Names, appId: string, isSeen: boolean): number =>
  isSeen ? idOf(apps, appId) : (apps.ids.get(appId) ?? unknown)

/** A look at a prepared answer makes no headers of it. */
const headerOf = (response: Response, name: string): string | null | undefined => {
  const parts = partsOf(response)
  return parts ? (parts.changing[name] ?? parts.prepared.fields[name]) : response.headers.get(name)
}
