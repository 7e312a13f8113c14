/** An entry: a JSON object's text whose FIRST member is `"sequence":<integer>`, the same number as `sequence`. */
export interface Cached {
  sequence: number
  value: string
}

/**
 * What all nodes of the config service share, by key. Entries of one key are ordered by their sequence, and an older one
 * never replaces a newer one, whoever writes when. All functions end in bounded time, with CacheUnavailable if need be.
 */
export interface Cache {
  kind: 'memory' | 'redis'
  /** The entry, or null when there is none that can be trusted to be the newest this cache was ever given. */
  read(key: string): Promise<Cached | null>
  /** The entry as it lies there, also one from before a restart or a failover of the cache, which may be outdated. */
  readAny(key: string): Promise<Cached | null>
  /**
   * Stores the entry when its sequence is higher than that of the one there (or equal, and the one there is no longer
   * trusted); true when it was stored. `ttlSeconds` is a whole number. Throws TypeError when the value does not begin
   * with the sequence.
   */
  writeNewer(key: string, entry: Cached, ttlSeconds: number): Promise<boolean>
  remove(key: string): Promise<void>
  /** For /health: resolves when the cache answered. */
  ping(): Promise<void>
  close(): Promise<void>
}

/** The cache did not do it (`cause`): go on without it. */
export class CacheUnavailable extends Error {
  override name = 'CacheUnavailable'
}
