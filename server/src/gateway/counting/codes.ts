/** What a request asked for and what became of it, in eleven bits: each list names the values of a few of them. */
export const apis = ['', 'v1', 'v2', 'beta'] as const
export const kinds = ['read', 'live', 'openfeature'] as const
export const statuses = ['', '2xx', '304', '3xx', '4xx', '5xx'] as const
export const caches = ['none', 'hit', 'stale', 'miss', 'pass'] as const

/** Refused by a limit or for want of rights. */
export const refusedBit = 1 << 10

export const codeOf = (api: number, kind: number, status: number, cache: number): number =>
  api | (kind << 2) | (statusClass(status) << 4) | (cache << 7) | (isRefusal(status) ? refusedBit : 0)

export const apiOf = (code: number): number => code & 3
export const kindOf = (code: number): number => (code >> 2) & 3
export const statusOf = (code: number): number => (code >> 4) & 7
export const cacheOf = (code: number): number => (code >> 7) & 7

const isRefusal = (status: number): boolean => status === 429 || status === 401 || status === 403

const statusClass = (status: number): number => {
  if (status < 300) return 1
  if (status === 304) return 2
  if (status < 400) return 3
  return status < 500 ? 4 : 5
}

/** What the edge cache or the config service did, in its own word. */
export const cacheOfState = (state: string | undefined): number => {
  if (state === 'hit') return 1
  if (state === undefined) return 0
  if (state === 'stale') return 2
  if (state === 'miss') return 3
  return state === 'pass' ? 4 : 0
}
