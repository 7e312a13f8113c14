/** What clients of an app on a channel see may have changed; caches compare `sequence`. */
export interface Change {
  appId: string
  channel: string
  sequence: number
  /** When it was made, in ms since 1970; missing where whoever tells does not know. */
  madeAt?: number
}

/** Something else than a config that nodes hold in memory is not what it was. */
export interface Notice {
  /** keys or limits: read them anew; purge: drop what is stored under the tags that `names` holds, `*` all */
  topic: 'keys' | 'limits' | 'purge'
  /** Ids of keys, or tags; of limits none. */
  names: readonly string[]
}

export interface ChangeListener {
  changed(change: Change): void
  /** Without it, such a listener does not care. */
  noticed?(notice: Notice): void
  /** The feed stands (again): what was announced before this moment may have been missed. */
  resumed(): void
  /** Nothing is heard until it is resumed. */
  lost?(): void
}

/**
 * Tells every node, this one too, of changes that are already stored. It is a hint that saves waiting for the next sweep:
 * messages may be lost, doubled or out of order, and nothing may depend on one.
 */
export interface Changes {
  /** Rejects in bounded time when the changes could not be handed over; some of them may have been. */
  announce(changes: readonly Change[]): Promise<void>
  /** As `announce`, for anything else. */
  notify(notice: Notice): Promise<void>
  /** Returns the function that ends the subscription. */
  subscribe(listener: ChangeListener): () => void
  close(): Promise<void>
}
