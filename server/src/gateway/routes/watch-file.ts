import { readFile } from 'node:fs/promises'

const lookMs = 1_000
/** Whoever writes into a file empties it first: what is read in the middle of that is no other content. */
const settleMs = 50

/**
 * Looks every second whether a file says something else, and hands that over. The content counts, not its date, so a file that is
 * replaced, or reached by links that change, is seen as well. Returns what ends it.
 */
export const watchFile = (
  path: string,
  known: string,
  changed: (text: string) => void,
  failed: (error: unknown) => void,
  read: (path: string) => Promise<string> = (one) => readFile(one, 'utf8'),
): (() => void) => {
  let last = known
  let isOver = false
  const look = async (): Promise<void> => {
    try {
      const text = await read(path)
      if (text !== last) await settled()
      if (text !== last && !isOver && text === (await read(path))) {
        last = text
        changed(text)
      }
    } catch (error) {
      if (!isOver) failed(error)
    }
    if (!isOver) timer = setTimeout(look, lookMs).unref()
  }
  let timer = setTimeout(look, lookMs).unref()
  return () => {
    isOver = true
    clearTimeout(timer)
  }
}

const settled = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve, settleMs).unref())
