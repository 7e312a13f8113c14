/** What clients of an app on a channel see may have changed; caches compare `sequence`. */
export interface Change {
  appId: string
  channel: string
  sequence: number
}

export interface ChangeListener {
  changed(change: Change): void
  /** The feed stands (again): what was announced before this moment may have been missed. */
  resumed(): void
}

/**
 * Tells every node, this one too, of changes that are already stored. It is a hint that saves waiting for the next sweep:
 * messages may be lost, doubled or out of order, and nothing may depend on one.
 */
export interface Changes {
  /** Rejects in bounded time when the changes could not be handed over; some of them may have been. */
  announce(changes: readonly Change[]): Promise<void>
  /** Returns the function that ends the subscription. */
  subscribe(listener: ChangeListener): () => void
  close(): Promise<void>
}
