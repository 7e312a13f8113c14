import { keyFromHeader } from '../../../../contract/gateway-feed.ts'
import { Problem } from '../../../../contract/problems.ts'
import { readKey } from '../../platform/http/read-key.ts'
import { contextOf } from '../../platform/http/request-context.ts'
import { methodNotAllowed } from '../../platform/http/service.ts'
import type { ClientKeys, KeyHolder } from '../../platform/keys/client-keys.ts'
import { keyIdOf } from '../../platform/keys/key-text.ts'
import { waitsForChange } from '../../platform/telemetry/measure-requests.ts'
import { noteAddress, noteHeldOpen } from '../../platform/telemetry/note-address.ts'
import type { DeliverOpenFeature } from '../openfeature/deliver-openfeature.ts'
import { admit } from './admit.ts'
import { answerHeld, answerRecalled, formFor, isPrivate, type Reading } from './answer-held.ts'
import { answerOptions } from './answer-options.ts'
import { deliverRevision, type RevisionOptions } from './deliver-revision.ts'
import { asksForKey, type FoundHeld, findHeld, heldNow } from './find-held.ts'
import type { Live } from './live/create-live.ts'
import { readRevision } from './read-query.ts'
import { keyInAddress, refuse } from './refusals.ts'

export interface DeliveryOptions extends RevisionOptions {
  clientKeys: ClientKeys
  live: Live
  /** What stands below the address of a config. */
  openFeature: DeliverOpenFeature
}

interface Api {
  prefix: string
  /** As the contract writes it, and what stands below it. */
  template: string
  below: string
  channel: string
  /** Answers what fits the device that asks; else the same for all. */
  evaluates: boolean
  /** The address names the channel, so a key opens an app that asks for one, and is not looked at by others. */
  isChannelFixed: boolean
}

const apis: readonly Api[] = [
  {
    prefix: '/v1/api/config/',
    template: '/v1/api/config/{appId}',
    below: '/v1/api/config/{appId}/*',
    channel: 'stable',
    evaluates: false,
    isChannelFixed: false,
  },
  {
    prefix: '/v2/api/config/',
    template: '/v2/api/config/{appId}',
    below: '/v2/api/config/{appId}/*',
    channel: 'stable',
    evaluates: true,
    isChannelFixed: false,
  },
  {
    prefix: '/beta/api/config/',
    template: '/beta/api/config/{appId}',
    below: '/beta/api/config/{appId}/*',
    channel: 'beta',
    evaluates: true,
    isChannelFixed: true,
  },
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
    const context = contextOf(request)
    // A gateway in this process knows already.
    if (context.route === undefined) noteAddress(context, api, path)
    if (isStream) noteHeldOpen(context, path)
    const appId = path.slice(api.prefix.length, isStream ? -streamPath.length : undefined)
    if (appId.includes('/')) return api.evaluates ? deliverBelow(options, request, api, path) : null
    if (request.method === 'OPTIONS')
      return answerOptions(options, request, { appId, channel: api.channel }, allow)
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return refuse(request, methodNotAllowed(request.method, { allow }), false)
    return answerTo(options, request, { api, appId, isStream, hasWaited: false })
  }

const answerTo = (
  options: DeliveryOptions,
  request: Request,
  question: Question,
): Response | Promise<Response> => {
  const { api, appId, isStream } = question
  const token = isStream ? readStreamKey(request) : readKey(request)
  if (token === null) return deliverToAll(options, request, question)
  if (!api.isChannelFixed) return deliverToKey(options, request, question, token)
  const answer = (found: FoundHeld | undefined): Response | Promise<Response> =>
    asksForKey(found)
      ? deliverToKey(options, request, question, token)
      : deliverToAll(options, request, question)
  const now = heldNow(options, appId, api.channel)
  // What cannot be found is told by the read itself.
  return now ? answer(now) : findHeld(options, appId, api.channel).then(answer, () => answer(undefined))
}

const deliverToAll = (
  options: DeliveryOptions,
  request: Request,
  question: Question,
): Response | Promise<Response> =>
  question.api.evaluates
    ? deliverEvaluated(options, request, question, { channel: question.api.channel, key: undefined })
    : deliver(options, request, question.appId, asForAll)

const deliverBelow = (options: DeliveryOptions, request: Request, api: Api, path: string) => {
  const end = path.indexOf('/', api.prefix.length)
  return options.openFeature(request, {
    appId: path.slice(api.prefix.length, end),
    address: path.slice(0, end),
    below: path.slice(end + 1),
    query: queryOf(request.url),
    channel: api.channel,
    isChannelFixed: api.isChannelFixed,
    token: readKey(request),
  })
}

const apiOf = (path: string): Api | undefined => {
  for (const api of apis) if (path.startsWith(api.prefix)) return api
  return undefined
}

/** A browser's EventSource can send no header, so a stream takes its key from the address too. */
const readStreamKey = (request: Request): string | null =>
  readKey(request) ?? new URLSearchParams(queryOf(request.url)).get('key')

const deliverToKey = (
  options: DeliveryOptions,
  request: Request,
  question: Question,
  token: string,
): Response | Promise<Response> => {
  const { api, appId, isStream } = question
  const { channel, isChannelFixed, evaluates } = api
  const answer = (holder: KeyHolder | undefined): Response | Promise<Response> => {
    const isInAddress = isStream && (readKey(request) === null || request.headers.has(keyFromHeader))
    if (isInAddress && holder && 'scope' in holder) return refuse(request, keyInAddress(), true)
    const admitted = admit(holder, { appId, channel, isChannelFixed })
    if (admitted instanceof Problem) return refuse(request, admitted, true)
    if (evaluates) return deliverEvaluated(options, request, question, { ...admitted, key: token })
    return deliver(options, request, appId, { ...admitted, query: undefined, isKeyed: true })
  }
  const holder = options.clientKeys.find(token)
  if (!(holder instanceof Promise)) return answer(holder)
  return holder.then(answer).catch((error) => refuseOrThrow(request, error, true))
}

/** As whom a device reads. */
type By = Pick<Reading, 'channel' | 'labels'> & { key: string | undefined }

const deliverEvaluated = (
  options: DeliveryOptions,
  request: Request,
  question: Question,
  by: By,
): Response | Promise<Response> => {
  const { appId, isStream, hasWaited } = question
  const query = queryOf(request.url)
  const { channel, labels = null, key } = by
  const reading = { channel, query, isKeyed: key !== undefined, labels, hasWaited }
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
  const { channel, labels = null } = reading
  const asking = { appId, channel, labels, key, keyId: key && keyIdOf(key) }
  const refuseHere = (error: unknown): Response => refuseOrThrow(request, error, true)
  if (isStream) return live.stream(request, asking).catch(refuseHere)
  const waiting = live.wait(
    request,
    asking,
    (release) => formFor(options, request, release, reading).revision,
  )
  if (waiting) contextOf(request).cacheState = waitsForChange
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
