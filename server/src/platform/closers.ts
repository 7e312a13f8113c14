type Close = () => void | Promise<void>

export interface Closers {
  add(what: string, close: Close): void
  closeAll(): Promise<void>
}

/** Closers in the order of their openers; run in reverse, each once, and a failing one does not keep the others open. */
export const createClosers = (onError: (what: string, error: unknown) => void): Closers => {
  const closers: { what: string; close: Close }[] = []
  return {
    add(what, close) {
      closers.push({ what, close })
    },
    async closeAll() {
      for (let last = closers.pop(); last; last = closers.pop()) {
        try {
          await last.close()
        } catch (error) {
          onError(last.what, error)
        }
      }
    },
  }
}
