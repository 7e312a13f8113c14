import { Problem } from '../../../../contract/problems.ts'
import { toProblem } from './problem-response.ts'

/** What a page sees of the headers of an answer that it may read. */
export const exposedHeaders = {
  'access-control-expose-headers':
    'ETag, Last-Modified, Age, Cache-Status, X-Request-Id, Retry-After, RateLimit, RateLimit-Policy',
} as const

/** For every answer that a page of any origin may read: public configs, and refusals in their place. */
export const corsHeaders = { 'access-control-allow-origin': '*', ...exposedHeaders } as const

/** The same of what pages of some origins may read (null: of any): the one that asks is told, where it is one of them. */
export const corsHeadersFor = (
  origins: { has(origin: string): boolean } | null,
  request: Request,
): Record<string, string> => {
  if (!origins) return corsHeaders
  const origin = request.headers.get('origin')
  const isAllowed = origin !== null && origins.has(origin)
  return { vary: 'Origin', ...exposedHeaders, ...(isAllowed && { 'access-control-allow-origin': origin }) }
}

/**
 * What was thrown, as a Problem that a page of any origin may read, with these members too: without this, browsers tell it of a
 * network error.
 */
export const readableProblem = (error: unknown, more?: Problem['members']): Problem => {
  const { code, message, headers, cause, errors, members } = toProblem(error)
  return new Problem(code, {
    detail: message,
    headers: { ...corsHeaders, ...headers },
    ...{ cause, members: { ...members, ...more } },
    ...(errors && { errors }),
  })
}
