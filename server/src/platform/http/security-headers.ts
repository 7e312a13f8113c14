/**
 * What browsers are told of every answer with a body, after OWASP's cheat sheet for REST: that its type is what it says,
 * and that no page may frame it. Written where an answer is made, so that sending costs nothing more.
 */
const always = { 'x-content-type-options': 'nosniff' } as const

/** Of what anybody may read: configs, flags, streams. Pages of any origin load them. */
export const publicSecurity = {
  ...always,
  'content-security-policy': "frame-ancestors 'none'",
  'cross-origin-resource-policy': 'cross-origin',
} as const

/** Of everything else that is no page: management, health, problems. Nothing in it may run, and nobody else embeds it. */
export const apiSecurity = {
  ...always,
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
} as const

/** Of pages, which have a Content-Security-Policy of their own. */
export const pageSecurity = {
  ...always,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
} as const

/** Of the software behind a gateway nobody needs to know. */
const telltale = ['server', 'x-powered-by', 'x-aspnet-version', 'x-aspnetmvc-version']

/** Makes an answer of a backend that is not ours safe to pass on: what it says itself about its content stays. */
export const hardenForeign = (headers: Headers): void => {
  for (const name of telltale) headers.delete(name)
  if (!headers.has('x-content-type-options')) headers.set('x-content-type-options', 'nosniff')
}
