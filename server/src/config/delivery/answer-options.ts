import { corsHeaders } from '../../platform/http/cors.ts'

/** Answers OPTIONS, and what browsers ask before a page of another origin may ask. `allow` names the methods. */
export const answerOptions = (request: Request, allow: string): Response => {
  const preflight = request.headers.has('access-control-request-method')
  return new Response(null, {
    status: 204,
    headers: {
      allow,
      ...corsHeaders,
      ...(preflight && {
        'access-control-allow-methods': allow,
        'access-control-allow-headers':
          'Authorization, Content-Type, If-None-Match, If-Modified-Since, Last-Event-ID, X-API-Key, X-Request-Id, traceparent',
        'access-control-max-age': '86400',
        vary: 'Access-Control-Request-Method, Access-Control-Request-Headers',
      }),
    },
  })
}
