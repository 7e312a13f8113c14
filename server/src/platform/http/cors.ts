import { Problem } from '../../../../contract/problems.ts'
import { toProblem } from './problem-response.ts'

/** For every answer that a page of any origin may read: public configs, and refusals in their place. */
export const corsHeaders = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'ETag, Last-Modified, Cache-Status, X-Request-Id, Retry-After',
} as const

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
