import { Problem } from '../../../../contract/problems.ts'
import { methodNotAllowed } from '../../platform/http/service.ts'
import { answerOptions } from '../delivery/answer-options.ts'
import type { ClientKeys } from '../delivery/client-keys.ts'
import type { RevisionOptions } from '../delivery/deliver-revision.ts'
import { keyOfAnother, refuse, unknownKey } from '../delivery/refusals.ts'
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
  /** The key of the client, where it has one: then that decides the channel. */
  token: string | null
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
  if (method === 'OPTIONS') return answerOptions(request, allow)
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
  if (method === 'OPTIONS') return answerOptions(request, allow)
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
const recognised = async ({ clientKeys }: OpenFeatureOptions, question: Question): Promise<Question> => {
  const { token, appId } = question
  if (token === null) return question
  const client = await clientKeys.find(token)
  if (!client) throw unknownKey()
  if (client.appId !== appId) throw keyOfAnother(appId)
  return { ...question, channel: client.channel }
}
