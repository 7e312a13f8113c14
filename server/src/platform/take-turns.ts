/**
 * For long work on the main thread: `await turns()` goes on at once until the work has run for `ms` milliseconds, and then
 * first lets everything have its turn that has come in meanwhile, such as requests.
 */
export const takeTurns = (ms = 2): (() => Promise<void> | undefined) => {
  let since = performance.now()
  return () => {
    if (performance.now() - since < ms) return undefined
    return new Promise((resolve) => {
      setImmediate(() => {
        since = performance.now()
        resolve()
      })
    })
  }
}
