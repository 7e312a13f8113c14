import { Problem } from '../../../../contract/problems.ts'
import { corsHeadersFor } from '../../platform/http/cors.ts'
import { takeRequestId } from '../../platform/http/request-context.ts'
import { publicSecurity } from '../../platform/http/security-headers.ts'
import { keyIdOf } from '../../platform/keys/key-text.ts'
import { refusalOf } from '../delivery/admit.ts'
import { answerForm, cacheStatus, countryOf, weighAgain } from '../delivery/answer-held.ts'
import { type FoundHeld, findHeld } from '../delivery/find-held.ts'
import type { PreparedRelease } from '../delivery/prepare.ts'
import { paramsOfQuery } from '../delivery/read-query.ts'
import { gone } from '../delivery/refusals.ts'
import { readFor, resolve } from '../delivery/resolve.ts'
import { contextOf, type ReadContext } from '../targeting/context.ts'
import type { OpenFeatureOptions, Recognised } from './deliver-openfeature.ts'
import { evaluateAll } from './evaluate-all.ts'
import { evaluateKey, metadataOf } from './evaluate-key.ts'
import { malformed, readEvaluation } from './read-evaluation.ts'

/**
 * `POST .../ofrep/v1/evaluate/flags`, and of one flag where `flag` names it (OFREP 0.3). Throws 400, 401, 403, 404, 410, 413, 415, 429, 503.
 */
export const deliverEvaluation = async (
  options: OpenFeatureOptions,
  request: Request,
  question: Recognised,
  flag: string | null,
): Promise<Response> => {
  const now = await findHeld(options, question.appId, question.channel)
  readableOrThrow(now, question)
  // Of apps that are there; and before anything is waited for.
  const waitSeconds = options.limitRate(keyIdOf(question.token ?? '') ?? question.appId)
  if (waitSeconds > 0) throw tooMany(waitSeconds)
  const found = await catchUpFor(options, question, now)
  const { key, held } = found
  const release = readableOrThrow(found, question)
  const { context, warnings } = readContext(options, request, release, await readEvaluation(request))
  const resolved = resolve(release, context)
  if (flag !== null) {
    const metadata = metadataOf(release, resolved, warnings)
    const answer = evaluateKey(release, resolved, options.rules, flag, metadata)
    weighAgain(options, key, release)
    if (!answer) throw unknownFlag(question.appId, flag)
    return answerOne(request, release, answer)
  }
  const form = evaluateAll(
    release,
    resolved,
    { warnings, stream: streamOf(question, held.sequence) },
    options.rules,
  )
  const status = cacheStatus(options.freshness, held, found.source)
  const { channel, query, token } = question
  return answerForm(
    options,
    request,
    { key, release, form, status },
    { channel, query, isKeyed: token !== null },
  )
}

/** What is released, to who may read it. Throws 401, 403, 410. */
const readableOrThrow = ({ key, held }: FoundHeld, { token, labels }: Recognised): PreparedRelease => {
  if (held.state === 'archived') throw gone(key)
  const refusal = refusalOf(held.release, { isKeyed: token !== null, labels })
  if (refusal) throw refusal
  return held.release
}

/** A client that was told of a change, and so names the revision, never gets anything older. */
const catchUpFor = async (
  options: OpenFeatureOptions,
  { appId, channel, query }: Recognised,
  now: FoundHeld,
): Promise<FoundHeld> => {
  const told = paramsOfQuery(query).get('flagConfigEtag')
  if (told === null || !/^[1-9]\d{0,14}$/.test(told)) return now
  return options.catchUp(appId, channel, Number(told))
}

/** Only what matters is warned of, as for GET: what does not changes nothing. */
const readContext = (
  { rules }: OpenFeatureOptions,
  request: Request,
  release: PreparedRelease,
  values: Readonly<Record<string, unknown>>,
): ReadContext => {
  const country = values.country ?? countryOf(request, release, rules)
  try {
    const { context, warnings } = readFor(release, (attributes) =>
      contextOf({ ...values, country }, attributes),
    )
    return { context, warnings: warnings.filter((name) => release.varies.includes(name)) }
  } catch (error) {
    if (error instanceof Problem && error.code === 'invalid_parameter')
      throw malformed('/context/bucket', error.message)
    throw error
  }
}

/** From this answer on, so that no change is missed in between. A browser's EventSource cannot send a key in a header. */
const streamOf = ({ address, streamKey }: Recognised, sequence: number): string => {
  const key = streamKey === null ? '' : `&key=${encodeURIComponent(streamKey)}`
  return `${address}/stream?as=ofrep&revision=${sequence}${key}`
}

const answerOne = (request: Request, { origins }: PreparedRelease, answer: unknown): Response =>
  new Response(JSON.stringify(answer), {
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      ...corsHeadersFor(origins, request),
      ...publicSecurity,
      'x-request-id': takeRequestId(request),
    },
  })

const unknownFlag = (appId: string, flag: string): Problem =>
  new Problem('flag_not_found', {
    detail: `The app ${appId} has neither a key of data nor a flag ${JSON.stringify(flag.slice(0, 200))}.`,
  })

const tooMany = (waitSeconds: number): Problem =>
  new Problem('too_many_evaluations', {
    detail:
      'This node evaluates no more flags for this key, or this app, within this second. Ask for all flags at once, and again when a stream tells of a change.',
    headers: { 'retry-after': String(waitSeconds) },
  })
