const waiting: (() => void)[] = []

const letOneGoOn = (): void => {
  waiting.shift()?.()
  if (waiting.length > 0) setImmediate(letOneGoOn)
}

/** One a pass of the event loop: work that is done side by side takes no more of it than work that is alone. */
const nextTurn = (): Promise<void> =>
  new Promise((resolve) => {
    waiting.push(resolve)
    if (waiting.length === 1) setImmediate(letOneGoOn)
  })

/**
 * For long work on the main thread: `await turns()` before each piece goes on at once until the work has run for `ms`
 * milliseconds, and then first lets everything have its turn that has come in meanwhile, such as requests. Begun anew after
 * every wait for a store: that is no work, and nobody who waits for one piece shall wait for others'.
 */
export const takeTurns = (ms = 1): (() => Promise<void> | undefined) => {
  let since = performance.now()
  const again = (): void => {
    since = performance.now()
  }
  return () => (performance.now() - since < ms ? undefined : nextTurn().then(again))
}
