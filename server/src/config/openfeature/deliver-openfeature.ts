import { Problem } from '../../../../contract/problems.ts'
import { methodNotAllowed } from '../../platform/http/service.ts'
import type { ClientKeys } from '../../platform/keys/client-keys.ts'
import { admit, type Labels } from '../delivery/admit.ts'
import { answerOptions } from '../delivery/answer-options.ts'
import type { RevisionOptions } from '../delivery/deliver-revision.ts'
import { asksForKey, findHeld } from '../delivery/find-held.ts'
import { refuse } from '../delivery/refusals.ts'
import { deliverDefinition } from './deliver-definition.ts'
import { deliverEvaluation } from './deliver-evaluation.ts'
import type { LimitRate } from './limit-rate.ts'
import { refuseEvaluation } from './refuse-evaluation.ts'

export interface OpenFeatureOptions extends RevisionOptions {
  clientKeys: ClientKeys
  limitRate: LimitRate
}

/** What is asked of an app, and by whom. */
export interface Question {
  appId: string
  /** The path of the app's config. */
  address: string
  /** What stands behind that, without a slash in front. */
  below: string
  query: string
  channel: string
  /** The address names the channel: a key only opens an app that asks for one. Else a client key decides the channel. */
  isChannelFixed: boolean
  /** The key that was sent. */
  token: string | null
}

/** The same once the key is recognised, or passed over. */
export interface Recognised extends Question {
  /** The labels that the key is limited to. */
  labels: Labels | null
  /** The key as it may stand in the address of a stream; null for one of a server, which can send it in a header. */
  streamKey: string | null
}

/** Answers what stands below the config of an app; null for what is not for clients of OpenFeature. */
export type DeliverOpenFeature = (request: Request, question: Question) => Promise<Response> | Response | null

const bulk = 'ofrep/v1/evaluate/flags'

/** `flagd.json`, and the OpenFeature Remote Evaluation Protocol. */
export const createOpenFeature =
  (options: OpenFeatureOptions): DeliverOpenFeature =>
  (request, question) => {
    const { below } = question
    if (below === 'flagd.json') return definition(options, request, question)
    if (below === bulk) return evaluation(options, request, question, null)
    if (!below.startsWith(`${bulk}/`) || below.length === bulk.length + 1) return null
    return evaluation(options, request, question, below.slice(bulk.length + 1))
  }

const definition = async (
  options: OpenFeatureOptions,
  request: Request,
  question: Question,
): Promise<Response> => {
  const { method } = request
  const allow = 'GET, HEAD, OPTIONS'
  const isKeyed = question.token !== null
  if (method === 'OPTIONS') return answerOptions(options, request, question, allow)
  if (method !== 'GET' && method !== 'HEAD')
    return refuse(request, methodNotAllowed(method, { allow }), isKeyed)
  try {
    return await deliverDefinition(options, request, await recognised(options, question))
  } catch (error) {
    if (error instanceof Problem) return refuse(request, error, isKeyed)
    throw error
  }
}

const evaluation = async (
  options: OpenFeatureOptions,
  request: Request,
  question: Question,
  part: string | null,
): Promise<Response> => {
  const { method } = request
  const allow = 'POST, OPTIONS'
  if (method === 'OPTIONS') return answerOptions(options, request, question, allow)
  const flag = part === null ? null : decode(part)
  try {
    if (method !== 'POST') throw methodNotAllowed(method, { allow })
    return await deliverEvaluation(options, request, await recognised(options, question), flag)
  } catch (error) {
    return refuseEvaluation(request, error, flag)
  }
}

/** Some clients do not encode what they should: what cannot be decoded stands for itself. */
const decode = (part: string): string =>
  part.replace(/(?:%[0-9a-f]{2})+/gi, (escapes) => {
    try {
      return decodeURIComponent(escapes)
    } catch {
      return escapes
    }
  })

/** The question on the channel of the key. Throws 401, 403, 503. */
const recognised = async (options: OpenFeatureOptions, question: Question): Promise<Recognised> => {
  const { token, appId, channel, isChannelFixed } = question
  const asForAll = { ...question, token: null, labels: null, streamKey: null }
  if (token === null) return asForAll
  if (isChannelFixed && !asksForKey(await findHeld(options, appId, channel))) return asForAll
  const holder = await options.clientKeys.find(token)
  const admitted = admit(holder, question)
  if (admitted instanceof Problem) throw admitted
  return { ...question, ...admitted, streamKey: holder && 'scope' in holder ? null : token }
}
