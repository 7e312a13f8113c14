import { readFile } from 'node:fs/promises'

const lookMs = 1_000

/**
 * Looks every second whether a file says something else, and hands that over. The content counts, not its date, so a file that is
 * replaced, or reached by links that change, is seen as well. Returns what ends it.
 */
export const watchFile = (
  path: string,
  known: string,
  changed: (text: string) => void,
  failed: (error: unknown) => void,
): (() => void) => {
  let last = known
  let isOver = false
  const look = async (): Promise<void> => {
    try {
      const text = await readFile(path, 'utf8')
      if (text !== last && !isOver) changed(text)
      last = text
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
