import { corsHeadersFor } from '../../platform/http/cors.ts'
import { type FoundHeld, findHeld, heldNow, type Sources } from './find-held.ts'

/** Answers OPTIONS, and what browsers ask before a page of another origin may ask. `allow` names the methods. */
export const answerOptions = (
  sources: Sources,
  request: Request,
  { appId, channel }: { appId: string; channel: string },
  allow: string,
): Response | Promise<Response> => {
  const answer = (found: FoundHeld | undefined): Response => {
    const origins = found?.held.state === 'released' ? found.held.release.origins : null
    return optionsOf(request, allow, corsHeadersFor(origins, request))
  }
  const now = heldNow(sources, appId, channel)
  if (now || !request.headers.has('origin')) return answer(now)
  // Where there is nothing to read, or it cannot be found now, the request itself is told.
  return findHeld(sources, appId, channel).then(answer, () => answer(undefined))
}

const optionsOf = (request: Request, allow: string, { vary, ...cors }: Record<string, string>): Response => {
  const isPreflight = request.headers.has('access-control-request-method')
  const asked = isPreflight ? ['Access-Control-Request-Method', 'Access-Control-Request-Headers'] : []
  const varies = [...(vary === undefined ? [] : [vary]), ...asked].join(', ')
  return new Response(null, {
    status: 204,
    headers: {
      allow,
      ...cors,
      ...(varies !== '' && { vary: varies }),
      ...(isPreflight &&
        'access-control-allow-origin' in cors && {
          'access-control-allow-methods': allow,
          'access-control-allow-headers':
            'Authorization, Content-Type, If-None-Match, If-Modified-Since, Last-Event-ID, X-API-Key, X-Request-Id, traceparent',
          'access-control-max-age': '86400',
        }),
    },
  })
}
