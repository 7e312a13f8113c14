/** Where in a window of a policy the time stands; windows are counted from 1970. All it tells is of the last `moveTo`. */
export class WindowClock {
  window = 0
  /** How much of the window has passed, from 0 to 1, and how much is left. */
  passed = 0
  leftMs = 0
  readonly windowMs: number
  /** What to add to `nowMs` for the milliseconds since 1970. */
  readonly offsetMs: () => number

  constructor(windowMs: number, offsetMs: () => number) {
    this.windowMs = windowMs
    this.offsetMs = offsetMs
  }

  /** A clock that is set back over the border of a window stands at the border until it is there again. */
  moveTo(nowMs: number): void {
    const { windowMs, window } = this
    const atMs = nowMs + this.offsetMs()
    let sinceMs = atMs - window * windowMs
    if (sinceMs < 0 || sinceMs >= windowMs) {
      const next = Math.floor(atMs / windowMs)
      if (next !== window - 1) this.window = next
      sinceMs = Math.max(0, atMs - this.window * windowMs)
    }
    this.passed = sinceMs / windowMs
    this.leftMs = windowMs - sinceMs
  }
}
