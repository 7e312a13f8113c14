import type { Peer } from '../../platform/peers/peer.ts'
import type { Search } from '../search/read-search.ts'
import { answerRead } from './answer-read.ts'
import type { CaptureBudget } from './capture-body.ts'
import { createFlights, type Flights } from './flights.ts'
import { passUnsafe } from './pass-unsafe.ts'
import { createPurgeLog, type PurgeLog } from './purge-log.ts'
import { createStore, type Store } from './store.ts'

export interface EdgeCacheOptions {
  /** Memory for all that is stored, with what keeping it takes; an eighth of it may be on its way in at once beside that. */
  maxBytes: number
  /** The largest body that is stored. */
  maxObjectBytes: number
  /** What this cache is called in Cache-Status. */
  name?: string
  /** Ms since 1970. */
  now?: () => number
  /** Told of faults that no client is told of: a refresh in the background that failed. */
  onError: (error: unknown) => void
}

/** How one request is to be answered. */
export interface CacheQuestion {
  /** Who is asked for what is not stored, or no longer good. */
  upstream: Peer
  /**
   * Who may share the answer; '' is everybody. Else whoever the caller found to have the same rights: the cache then looks at
   * neither Authorization nor X-API-Key any more, and stores answers to them.
   */
  partition?: string
  /** Which of several origins that the address has led to is asked; what is stored of another is not given. */
  edition?: string
  /** What it is stored under, where answers do not depend on the host that was asked; else the request's URL. */
  url?: string
  /** The query of that, where it was read already. */
  search?: Search
  /** A last word on what is stored; what may not be by HTTP never is. */
  mayStore?: (response: Response) => boolean
  /** Headers, in lower case, of this answer alone, such as RateLimit. */
  headers?: Readonly<Record<string, string>> | undefined
}

/** What is held, and what happened since the start. */
export interface CacheSize {
  bytes: number
  entries: number
  /** Answered from the store: fresh, stale. */
  hits: number
  stale: number
  /** Asked of the upstream: nothing fit, or to validate what did. */
  misses: number
  validations: number
  /** Answered by an exchange that another request had begun. */
  collapsed: number
  stored: number
  evictions: number
  purged: number
}

export interface EdgeCache {
  /**
   * Answers from what is stored (by answerPrepared: add headers by `headers` or addHeader), without a promise where it can, or asks the upstream. Throws what the upstream throws, 504
   * for `only-if-cached` and 416; a synchronous upstream's errors are thrown, others reject.
   */
  fetch(request: Request, question: CacheQuestion): Response | Promise<Response>
  /** Drops what has one of the tags, and keeps what is on its way and has one from being stored; returns how many went. */
  purge(tags: readonly string[]): number
  purgeAll(): void
  /** Purges may have been missed: all that is stored must be validated before its next use. */
  distrust(): void
  size(): CacheSize
}

/** What the parts of the cache share. */
export interface Parts {
  name: string
  now: () => number
  onError: (error: unknown) => void
  store: Store
  flights: Flights
  purges: PurgeLog
  /** What was asked for before this mark must be validated. */
  trustedFrom: number
  maxObjectBytes: number
  budget: CaptureBudget
  counts: Pick<CacheSize, 'hits' | 'stale' | 'misses' | 'validations' | 'collapsed' | 'stored' | 'purged'>
}

/**
 * A shared HTTP cache in memory for any upstream: RFC 9111 with RFC 5861, 8246, 9211, 9213 and No-Vary-Search. What it holds
 * to, sentence by sentence, is in docs/http-cache.md.
 */
export const createEdgeCache = (options: EdgeCacheOptions): EdgeCache => {
  const { maxBytes, maxObjectBytes, name = 'parasol', now = Date.now, onError } = options
  const parts: Parts = {
    ...{ name, now, onError, maxObjectBytes, trustedFrom: 0 },
    store: createStore(maxBytes),
    flights: createFlights(now),
    purges: createPurgeLog(),
    budget: { left: Math.max(maxObjectBytes, Math.floor(maxBytes / 8)) },
    counts: { hits: 0, stale: 0, misses: 0, validations: 0, collapsed: 0, stored: 0, purged: 0 },
  }
  const { store, purges, counts } = parts
  return {
    fetch(request, question) {
      const { method } = request
      if (method === 'GET' || method === 'HEAD') return answerRead(parts, request, question)
      return passUnsafe(parts, request, question)
    },
    purge(tags) {
      purges.purge(tags)
      let count = 0
      for (const tag of tags) count += store.dropTagged(tag)
      counts.purged += count
      return count
    },
    purgeAll() {
      purges.purgeAll()
      counts.purged += store.size().entries
      store.clear()
    },
    distrust() {
      purges.purge([])
      parts.trustedFrom = purges.mark()
    },
    size: () => ({ ...store.size(), ...counts }),
  }
}
