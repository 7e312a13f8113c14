import type { Changes } from './changes.ts'
import { openListeners } from './listeners.ts'

/** The feed of a single process: embedded PostgreSQL has no other node to tell. */
export const memoryChanges = ({ onError }: { onError: (error: unknown) => void }): Changes => {
  const listeners = openListeners(onError)
  return {
    announce: async (changes) => {
      // Later, as from a store: an announcer must not find its listeners' work done inside its own call.
      const copy = changes.map((change) => ({ ...change }))
      setImmediate(() => listeners.changed(copy))
    },
    notify: async ({ topic, names }) => {
      const copy = { topic, names: [...names] }
      setImmediate(() => listeners.noticed(copy))
    },
    subscribe: (listener) => listeners.add(listener),
    close: async () => listeners.clear(),
  }
}
