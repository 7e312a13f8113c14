import type { RedisClientType } from '@redis/client'

export type RedisClient = RedisClientType

/** The commands that a single server and a Cluster take alike; each touches one key. */
export type RedisCommands = Pick<
  RedisClient,
  'get' | 'set' | 'del' | 'expire' | 'eval' | 'evalSha' | 'publish'
>

/** A turn of events worth a log line. `server` is host:port, never a URL: URLs carry passwords. */
export interface RedisEvent {
  state: 'connected' | 'lost' | 'stalled' | 'answering'
  server: string
  error?: unknown
}

export interface FeedListener {
  message(text: string): void
  /** the subscription stands (again); what was published before this moment may have been missed */
  live(): void
  /** it does not stand any more; said once for each loss, and when a first attempt fails */
  lost?(): void
}

export interface Redis {
  /** the logical database; always 0 in a Cluster */
  database: number
  /**
   * Runs commands on one key with the time bound; rejects with RedisUnavailable, at once while there is no connection
   * or the server owes answers, so that callers never pile up behind a dead server.
   */
  run<T>(key: string, command: (commands: RedisCommands) => Promise<T>): Promise<T>
  /**
   * The run_id of the server process that holds `key` (without a key: of all masters), undefined while unknown. A server
   * that came back from an old dump or took over as master has another one, so values can tell under whom they were written.
   */
  epoch(key?: string): string | undefined
  publish(channel: string, message: string): Promise<void>
  /** Listens on a connection of its own, for as long as it takes; returns the function that ends it. */
  subscribe(channel: string, listener: FeedListener): () => void
  /** resolves when the server (in a Cluster: every master) answered within the time bound */
  ping(): Promise<void>
  close(): Promise<void>
}

/** Redis did not do it: not connected, stalled, too slow, or it refused the command (`cause`). */
export class RedisUnavailable extends Error {
  override name = 'RedisUnavailable'
}
