import type { Grow } from './form.ts'

/** What is known of queries, by their text. */
export interface Queries<Known> {
  get(text: string): Known | undefined
  set(text: string, known: Known): void
  clear(): void
}

const overheadBytes = 96
/** A query longer than any app's is answered, but not remembered. */
const lengthMost = 1_000

/**
 * Bounded by twice these bytes, whatever is asked. Queries live in two generations, of which the older is forgotten as a whole:
 * so a read that finds its own changes nothing.
 */
export const rememberQueries = <Known>(mostBytes: number, grow: Grow): Queries<Known> => {
  let young = new Map<string, Known>()
  let old = new Map<string, Known>()
  let [youngBytes, oldBytes] = [0, 0]

  const set = (text: string, known: Known): void => {
    if (text.length > lengthMost) return
    const bytes = text.length + overheadBytes
    if (youngBytes + bytes > mostBytes) {
      grow(-oldBytes)
      ;[old, oldBytes, young, youngBytes] = [young, youngBytes, new Map(), 0]
    }
    young.set(copyOf(text), known)
    youngBytes += bytes
    grow(bytes)
  }

  return {
    get(text) {
      const found = young.get(text)
      if (found !== undefined) return found
      const older = old.get(text)
      if (older !== undefined) set(text, older)
      return older
    },
    set,
    clear() {
      grow(-youngBytes - oldBytes)
      ;[young, youngBytes, old, oldBytes] = [new Map(), 0, new Map(), 0]
    },
  }
}

/** What was cut from an address would keep all of it in memory, and be slower to find. */
const copyOf = (text: string): string => Buffer.from(text).toString()
