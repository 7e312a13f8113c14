/** Calls back once what has come by now was read, as where this process itself stood still. */
export const afterReading = (call: () => void): void => {
  // Bun calls what a timer leaves to setImmediate before it reads, and only what that leaves to it afterwards.
  setImmediate(() => setImmediate(call))
}
