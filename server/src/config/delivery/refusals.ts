import { tagOf } from '../../../../contract/cache-tags.ts'
import { Problem } from '../../../../contract/problems.ts'
import { corsHeaders } from '../../platform/http/cors.ts'
import { problemResponse } from '../../platform/http/problem-response.ts'
import type { Absence } from './held-releases.ts'

/** Also a refusal may be read by a page of another origin; that of a client with a key is kept by no cache. */
export const refuse = (request: Request, problem: Problem, isKeyed: boolean): Response =>
  problemResponse(
    new Problem(problem.code, {
      detail: problem.message,
      headers: { ...corsHeaders, ...problem.headers, ...(isKeyed && { 'cache-control': 'no-store' }) },
      cause: problem.cause,
      members: problem.members,
      ...(problem.errors && { errors: problem.errors }),
    }),
    request,
  )

/** Short, so that an app that appears is soon seen, yet a crowd of wrong ids stays at the CDN. */
const shortCache = (seconds: number) => ({ 'cache-control': `public, max-age=${seconds}` })

export const absent = (appId: string, why: Absence): Problem =>
  why === 'unknown'
    ? new Problem('app_not_found', {
        detail: `There is no app ${appId}; check the appId.`,
        headers: shortCache(10),
      })
    : new Problem('config_not_released', {
        detail: `The app ${appId} has no release on the channel stable yet.`,
        headers: shortCache(10),
      })

export const gone = (key: string): Problem => {
  const [appId = ''] = key.split(':')
  return new Problem('config_gone', {
    detail: `The app ${appId} is archived. Keep the last config you have.`,
    headers: { ...shortCache(60), 'cache-tag': tagOf(appId), 'surrogate-key': tagOf(appId) },
  })
}

export const invalidAppId = (appId: string): Problem => {
  const detail = `${appId.slice(0, 200)} is no appId: 1 to 128 of A-Z a-z 0-9 . _ - with a letter or digit first.`
  return new Problem('invalid_parameter', {
    detail,
    errors: [{ code: 'invalid_parameter', parameter: 'appId', detail }],
    headers: shortCache(10),
  })
}

export const unknownKey = (): Problem =>
  new Problem('unauthorized', {
    detail:
      'This key reads no config: it is not known here, has expired or was revoked. For an app that asks for no key, leave the header out.',
    headers: { 'www-authenticate': 'Bearer realm="parasol", error="invalid_token"' },
  })

/** Without a key there is no error to tell of (RFC 6750 §3.1). */
export const keyNeeded = (appId: string): Problem =>
  new Problem('unauthorized', {
    detail: `The app ${appId} is read with a key: send it as \`Authorization: Bearer <key>\` or \`X-API-Key: <key>\`.`,
    headers: { 'www-authenticate': 'Bearer realm="parasol"' },
  })

export const keyOfAnotherChannel = (own: string, asked: string): Problem =>
  new Problem('forbidden', {
    detail: `This key is for the channel ${own}, and this address reads ${asked}. Read /v2, or use a key for ${asked}.`,
  })

/** Addresses are written into logs, and such a key may do more than read. */
export const keyInAddress = (): Problem =>
  new Problem('unauthorized', {
    detail:
      'Only a client key may stand in the address. Send this one as `Authorization: Bearer <key>` or `X-API-Key: <key>`.',
    headers: { 'www-authenticate': 'Bearer realm="parasol"' },
  })

export const keyOfAnother = (appId: string): Problem =>
  new Problem('forbidden', { detail: `This key is not for the app ${appId}.` })
