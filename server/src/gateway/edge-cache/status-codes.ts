/** RFC 9110 §15.1; 206 is not among them because parts are not stored here. */
const heuristicallyCacheable: ReadonlySet<number> = new Set([
  200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501,
])

/** Final codes of RFC 9110 whose meaning asks nothing further of a cache. 206 and 304 are handled, but never stored as they are. */
const understood: ReadonlySet<number> = new Set([
  ...heuristicallyCacheable,
  ...[201, 202, 205, 302, 303, 307, 400, 401, 402, 403, 406, 407, 408, 409, 411, 412, 413, 415, 417],
  ...[421, 422, 426, 500, 502, 503, 504, 505],
])

/** They speak of what a request brought beside its address (RFC 9110 §15.5): to others, and of what is stored, they say nothing. */
const aboutRequest: ReadonlySet<number> = new Set([
  ...[406, 408, 411, 412, 413, 415, 416, 417, 421, 422, 425, 426, 428, 429, 431],
])

export const isAboutRequest = (status: number): boolean => aboutRequest.has(status)

/** Of the credentials that are missing: who has them would be refused too. */
export const isAboutCredentials = (status: number): boolean => status === 401 || status === 407

/** May be an answer to a header as well as to the address: to be shared it has to be said. */
export const mayBeAboutRequest = (status: number): boolean => status === 400 || status === 403

export const isHeuristicallyCacheable = (status: number): boolean => heuristicallyCacheable.has(status)

/** Whether this cache knows what a code asks of caches (RFC 9111 §5.2.2.3). */
export const isUnderstood = (status: number): boolean => understood.has(status)

/** Errors for which something older may be given instead (RFC 5861 §4). */
export const isPassingFault = (status: number): boolean =>
  status === 500 || status === 502 || status === 503 || status === 504
