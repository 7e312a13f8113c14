import { readMessage } from './change-message.ts'
import type { Change, ChangeListener, Notice } from './changes.ts'

export interface Listeners {
  add(listener: ChangeListener): () => void
  changed(changes: readonly Change[]): void
  noticed(notice: Notice): void
  resumed(): void
  lost(): void
  clear(): void
}

/** Those who listen on this node. One that throws is reported and keeps nothing from the others. */
export const openListeners = (onError: (error: unknown) => void): Listeners => {
  const all = new Set<ChangeListener>()
  const tell = (say: (listener: ChangeListener) => void) => {
    for (const listener of [...all]) {
      try {
        say(listener)
      } catch (error) {
        onError(error)
      }
    }
  }
  return {
    add: (listener) => {
      // A copy, so that one object subscribed twice is two subscriptions.
      const own: ChangeListener = {
        changed: (change) => listener.changed(change),
        noticed: (notice) => listener.noticed?.(notice),
        resumed: () => listener.resumed(),
        lost: () => listener.lost?.(),
      }
      all.add(own)
      return () => {
        all.delete(own)
      }
    },
    changed: (changes) => {
      for (const change of changes) tell((listener) => listener.changed(change))
    },
    noticed: (notice) => tell((listener) => listener.noticed?.(notice)),
    resumed: () => tell((listener) => listener.resumed()),
    lost: () => tell((listener) => listener.lost?.()),
    clear: () => all.clear(),
  }
}

/** Tells listeners what each message of a feed says; one that cannot be read is reported. */
export const hearMessages =
  (feed: string, listeners: Listeners, onError: (error: unknown) => void) =>
  (text: string): void => {
    const told = readMessage(text)
    if (told === null) onError(new Error(`Ignored a malformed message on ${feed}: ${text.slice(0, 100)}`))
    else if ('topic' in told) listeners.noticed(told)
    else listeners.changed(told)
  }
