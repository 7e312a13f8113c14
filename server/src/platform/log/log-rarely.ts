/** Writes a line about `error`; `leftOut` more of its kind were not written since the line before. */
export type WriteLine<Kind> = (kind: Kind, error: unknown, leftOut: number) => void

interface Quiet {
  leftOut: number
  lastError: unknown
}

/**
 * For what fails once a request while a store is away: writes the first of each kind at once, and then at most one line
 * in `everyMs`, the latest, as long as there are more.
 */
export const logRarely = <Kind>(everyMs: number, write: WriteLine<Kind>) => {
  const quiet = new Map<Kind, Quiet>()

  const say = (kind: Kind, error: unknown, leftOut: number): void => {
    quiet.set(kind, { leftOut: 0, lastError: undefined })
    write(kind, error, leftOut)
    // Nobody waits for the last line when the process ends.
    setTimeout(() => endQuiet(kind), everyMs).unref()
  }
  const endQuiet = (kind: Kind): void => {
    const { leftOut, lastError } = quiet.get(kind) ?? { leftOut: 0, lastError: undefined }
    quiet.delete(kind)
    if (leftOut > 0) say(kind, lastError, leftOut - 1)
  }

  return (kind: Kind, error: unknown): void => {
    const now = quiet.get(kind)
    if (now === undefined) {
      say(kind, error, 0)
      return
    }
    now.leftOut += 1
    now.lastError = error
  }
}
