/** What a worker tells the process that started it: where it listens. */
export interface WorkerMessage {
  url: string
}

/** Nothing where no parent listens. */
export const tellParent = (url: string): void => {
  const message: WorkerMessage = { url }
  process.send?.(message)
}

/** A worker does not outlive the one who watches it: it stops as on SIGTERM when that is gone. */
export const followParent = (): void => {
  if (process.send) process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
}
