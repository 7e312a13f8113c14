/** A bar on stderr while something takes long; nothing where stderr is no terminal. */
export interface Progress {
  /** `done` of the total so far, and what to say of it. */
  show: (done: number, text: string) => void
  /** Takes the bar away. */
  end: () => void
}

const barWidth = 30
const redrawMs = 100

export const openProgress = (total: number, isQuiet: boolean): Progress => {
  if (isQuiet || !process.stderr.isTTY) return { show: () => {}, end: () => {} }
  let drawnAt = 0
  return {
    show: (done, text) => {
      const now = Date.now()
      if (now - drawnAt < redrawMs) return
      drawnAt = now
      const part = total > 0 ? Math.min(1, done / total) : 0
      const filled = Math.round(part * barWidth)
      const bar = total > 0 ? `[${'#'.repeat(filled)}${'.'.repeat(barWidth - filled)}] ` : ''
      process.stderr.write(`\r\u001b[K${bar}${text}`)
    },
    end: () => void process.stderr.write('\r\u001b[K'),
  }
}
