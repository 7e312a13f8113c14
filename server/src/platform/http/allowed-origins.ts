import { createHash } from 'node:crypto'

/** Pages of which origins may read an app. */
export interface AllowedOrigins {
  list: readonly string[]
  /** Tells this list from others: a part of ETags, since caches keep header fields that a 304 does not name. */
  tag: string
  has(origin: string): boolean
}

/** One label, as `*` stands for it. */
const label = /^[a-z0-9_-]+$/

/** Compiles what an app says, as contract/origin.ts lets it in; null where pages of any origin may read it. */
export const compileOrigins = (list: readonly string[] | null | undefined): AllowedOrigins | null => {
  if (!list) return null
  const exact = new Set(list.filter((origin) => !origin.includes('*')))
  const wild = list.filter((origin) => origin.includes('*')).map((origin) => origin.split('*'))
  const tag = createHash('sha256').update(JSON.stringify(list)).digest('base64url').slice(0, 8)
  const isWild = (origin: string): boolean =>
    wild.some(
      ([start = '', end = '']) =>
        origin.startsWith(start) &&
        origin.endsWith(end) &&
        label.test(origin.slice(start.length, -end.length)),
    )
  return { list, tag, has: (origin) => exact.has(origin) || (wild.length > 0 && isWild(origin)) }
}
