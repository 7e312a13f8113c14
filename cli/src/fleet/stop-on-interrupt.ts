/** Lets Ctrl-C end what is under way at the next good place; a second one ends the process at once. */
export const stopOnInterrupt = (onStop: () => void = () => {}): { isStopped: () => boolean } => {
  let isStopped = false
  process.once('SIGINT', () => {
    isStopped = true
    onStop()
  })
  return { isStopped: () => isStopped }
}
