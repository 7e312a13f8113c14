import { refusalOf } from '../delivery/admit.ts'
import { answerForm, cacheStatus } from '../delivery/answer-held.ts'
import { findHeld } from '../delivery/find-held.ts'
import { readRevision } from '../delivery/read-query.ts'
import { gone, refuse } from '../delivery/refusals.ts'
import { definitionForm } from './definition-form.ts'
import type { OpenFeatureOptions, Recognised } from './deliver-openfeature.ts'

/**
 * `GET .../flagd.json`: with `?revision=` never of a release before that one. No cache may keep it for ever even then, since a
 * rollout goes on under one revision. Throws 400, 401, 403, 404, 409, 503.
 */
export const deliverDefinition = async (
  options: OpenFeatureOptions,
  request: Request,
  { appId, channel, token, labels, query }: Recognised,
): Promise<Response> => {
  const revision = readRevision(query)
  const { key, held, source } =
    revision === null
      ? await findHeld(options, appId, channel)
      : await options.catchUp(appId, channel, revision)
  const isKeyed = token !== null
  if (held.state === 'archived') return refuse(request, gone(key), isKeyed)
  const refusal = refusalOf(held.release, { isKeyed, labels })
  if (refusal) return refuse(request, refusal, true)
  const form = definitionForm(held.release, options.rules)
  const status = cacheStatus(options.freshness, held, source)
  return answerForm(
    options,
    request,
    { key, release: held.release, form, status },
    { channel, query, isKeyed },
  )
}
