import type { Change, ChangeListener } from './changes.ts'

export interface Listeners {
  add(listener: ChangeListener): () => void
  changed(changes: readonly Change[]): void
  resumed(): void
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
        resumed: () => listener.resumed(),
      }
      all.add(own)
      return () => {
        all.delete(own)
      }
    },
    changed: (changes) => {
      for (const change of changes) tell((listener) => listener.changed(change))
    },
    resumed: () => tell((listener) => listener.resumed()),
    clear: () => all.clear(),
  }
}
