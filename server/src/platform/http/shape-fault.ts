import type { ProblemCode } from '../../../../contract/problems.ts'

/** What is wrong with a request, and how to do better. */
export type Fault = [code: ProblemCode, detail: string]

const absoluteForm = /^https?:\/\/([^/?#]+)/i
/** `.` and `..`, also percent-encoded, as a URL parser takes them away. */
const dotSegment = /\/(?:\.|%2e){1,2}(?:\/|$)/i

/** What is wrong with an address that does not begin with its path: it may name the host of the request alone (RFC 9112 §3.2.2). */
export const targetFault = (target: string, host: string | undefined): Fault | undefined => {
  const authority = absoluteForm.exec(target)?.[1]
  if (authority === undefined) return ['invalid_request', 'The address must begin with "/".']
  return authority.toLowerCase() === host?.toLowerCase()
    ? undefined
    : ['invalid_request', 'The address names another host than the Host header.']
}

/**
 * What a URL parser made another path of: whoever stands in front may have let it pass for what it was. `target` is what was
 * sent, `url` what became of it. Characters that were only encoded, in the query, are no fault.
 */
export const rewriteFault = (target: string, url: string): Fault | undefined => {
  // endsWith looks at one letter after the other, in six times as long.
  if (url.slice(-target.length) === target) return undefined
  const path = target.replace(absoluteForm, '').replace(/\?.*$/s, '')
  if (path === '' || url.replace(absoluteForm, '').replace(/\?.*$/s, '') === path) return undefined
  return dotSegment.test(path)
    ? ['invalid_request', 'The path must not have segments "." or "..", also encoded.']
    : ['invalid_request', 'Characters that have no place in a path must be percent-encoded.']
}
