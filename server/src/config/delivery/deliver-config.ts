import { Problem } from '../../../../contract/problems.ts'
import { methodNotAllowed } from '../../platform/http/service.ts'
import { keyIdOf } from '../keys/key-text.ts'
import type { DeliverOpenFeature } from '../openfeature/deliver-openfeature.ts'
import { answerHeld, answerRecalled, formFor, isPrivate, type Reading } from './answer-held.ts'
import { answerOptions } from './answer-options.ts'
import type { ClientKey, ClientKeys } from './client-keys.ts'
import { deliverRevision, type RevisionOptions } from './deliver-revision.ts'
import { findHeld, heldNow } from './find-held.ts'
import type { Live } from './live/create-live.ts'
import { readRevision } from './read-query.ts'
import { keyOfAnother, refuse, unknownKey } from './refusals.ts'

export interface DeliveryOptions extends RevisionOptions {
  clientKeys: ClientKeys
  live: Live
  /** What stands below the address of a config. */
  openFeature: DeliverOpenFeature
}

interface Api {
  prefix: string
  channel: string
  /** Answers what fits the device that asks; else the same for all. */
  evaluates: boolean
  /** A client key decides the channel. */
  takesKeys: boolean
}

const apis: readonly Api[] = [
  { prefix: '/v1/api/config/', channel: 'stable', evaluates: false, takesKeys: true },
  { prefix: '/v2/api/config/', channel: 'stable', evaluates: true, takesKeys: true },
  { prefix: '/beta/api/config/', channel: 'beta', evaluates: true, takesKeys: false },
]
const allow = 'GET, HEAD, OPTIONS'
const streamPath = '/stream'
/** One for all reads of /v1, which are most. */
const asForAll: Reading = { channel: 'stable', query: undefined, isKeyed: false }

/** What the address asks for. */
interface Question {
  api: Api
  appId: string
  isStream: boolean
  /** It has waited for a change already. */
  hasWaited: boolean
}

/**
 * `GET` and `HEAD` of `/v1`, `/v2` and `/beta/api/config/{appId}`, and what stands below the last two: null for any other path.
 * What is in memory is answered at once, without a promise; all else goes through the levels of DESIGN §6.
 */
export const createDelivery =
  (options: DeliveryOptions) =>
  (request: Request, path: string): Response | Promise<Response> | null => {
    const api = apiOf(path)
    if (!api) return null
    // An app may be called stream.
    const isStream =
      api.evaluates && path.endsWith(streamPath) && path.length > api.prefix.length + streamPath.length
    const appId = path.slice(api.prefix.length, isStream ? -streamPath.length : undefined)
    if (appId.includes('/')) return api.evaluates ? deliverBelow(options, request, api, path) : null
    if (request.method !== 'GET' && request.method !== 'HEAD') return otherMethod(request)
    return answerTo(options, request, { api, appId, isStream, hasWaited: false })
  }

const answerTo = (
  options: DeliveryOptions,
  request: Request,
  question: Question,
): Response | Promise<Response> => {
  const { api, appId, isStream } = question
  const token = api.takesKeys ? readKey(request, isStream) : null
  if (token !== null) return deliverToKey(options, request, question, token)
  if (!api.evaluates) return deliver(options, request, appId, asForAll)
  return deliverEvaluated(options, request, question, api.channel, undefined)
}

const deliverBelow = (options: DeliveryOptions, request: Request, api: Api, path: string) => {
  const end = path.indexOf('/', api.prefix.length)
  return options.openFeature(request, {
    appId: path.slice(api.prefix.length, end),
    address: path.slice(0, end),
    below: path.slice(end + 1),
    query: queryOf(request.url),
    channel: api.channel,
    token: api.takesKeys ? readKey(request, false) : null,
  })
}

const apiOf = (path: string): Api | undefined => {
  for (const api of apis) if (path.startsWith(api.prefix)) return api
  return undefined
}

/**
 * The key of a client, by the header of its own or as bearer token; null where there is none, as with most. A browser's
 * EventSource can send neither, so a stream takes it from the address too.
 */
const readKey = ({ headers, url }: Request, isStream: boolean): string | null => {
  const key = headers.get('x-api-key')
  if (key !== null) return key
  const authorization = headers.get('authorization')
  if (authorization !== null && /^bearer /i.test(authorization)) return authorization.slice(7).trim()
  return isStream ? new URLSearchParams(queryOf(url)).get('key') : null
}

const deliverToKey = (
  options: DeliveryOptions,
  request: Request,
  question: Question,
  token: string,
): Response | Promise<Response> => {
  const { api, appId } = question
  const answer = (client: ClientKey | undefined): Response | Promise<Response> => {
    if (!client) return refuse(request, unknownKey(), true)
    if (client.appId !== appId) return refuse(request, keyOfAnother(appId), true)
    if (api.evaluates) return deliverEvaluated(options, request, question, client.channel, token)
    return deliver(options, request, appId, { channel: client.channel, query: undefined, isKeyed: true })
  }
  const client = options.clientKeys.find(token)
  if (!(client instanceof Promise)) return answer(client)
  return client.then(answer).catch((error) => refuseOrThrow(request, error, true))
}

const deliverEvaluated = (
  options: DeliveryOptions,
  request: Request,
  question: Question,
  channel: string,
  key: string | undefined,
): Response | Promise<Response> => {
  const { appId, isStream, hasWaited } = question
  const query = queryOf(request.url)
  const reading = { channel, query, isKeyed: key !== undefined, hasWaited }
  const now = isStream ? undefined : heldNow(options, appId, channel)
  const recalled = now ? answerRecalled(options, request, now, reading) : null
  if (recalled) return recalled
  try {
    if (hasWaited) return deliver(options, request, appId, reading)
    const live =
      isStream || query.includes('wait') ? deliverLive(options, request, question, reading, key) : null
    if (live) return live
    const revision = readRevision(query)
    if (revision === null) return deliver(options, request, appId, reading)
    return deliverRevision(options, request, appId, { ...reading, revision }).catch((error) =>
      refuseOrThrow(request, error, reading.isKeyed),
    )
  } catch (error) {
    return refuseOrThrow(request, error, isPrivate(reading))
  }
}

/** What is left open for a while: null for a read that does not wait. Throws 400. */
const deliverLive = (
  options: DeliveryOptions,
  request: Request,
  question: Question,
  reading: Reading,
  key: string | undefined,
): Promise<Response> | null => {
  const { live } = options
  const { appId, isStream } = question
  const asking = { appId, channel: reading.channel, key, keyId: key && keyIdOf(key) }
  const refuseHere = (error: unknown): Response => refuseOrThrow(request, error, true)
  if (isStream) return live.stream(request, asking).catch(refuseHere)
  const waiting = live.wait(
    request,
    asking,
    (release) => formFor(options, request, release, reading).revision,
  )
  // Asked anew, because the key may have been revoked meanwhile.
  return waiting?.then(() => answerTo(options, request, { ...question, hasWaited: true }), refuseHere) ?? null
}

const queryOf = (url: string): string => {
  const start = url.indexOf('?')
  return start < 0 ? '' : url.slice(start + 1)
}

const deliver = (
  options: DeliveryOptions,
  request: Request,
  appId: string,
  reading: Reading,
): Response | Promise<Response> => {
  const now = heldNow(options, appId, reading.channel)
  if (now) return answerHeld(options, request, now, reading)
  return findHeld(options, appId, reading.channel)
    .then((found) => answerHeld(options, request, found, reading))
    .catch((error) => refuseOrThrow(request, error, isPrivate(reading)))
}

const refuseOrThrow = (request: Request, error: unknown, isKeyed: boolean): Response => {
  if (error instanceof Problem) return refuse(request, error, isKeyed)
  throw error
}

const otherMethod = (request: Request): Response =>
  request.method === 'OPTIONS'
    ? answerOptions(request, allow)
    : refuse(request, methodNotAllowed(request.method, { allow }), false)
