import { connectReader } from './connect-reader.ts'

export interface PacedReads {
  /** Latencies from the moment each read was due, so that a server that stalls is charged for all that waited. */
  latenciesMs: number[]
  failures: number
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)))

/** Reads at a fixed rate until `until` resolves, whatever the server's pace (an open loop). */
export const readAtPace = async (
  url: string,
  options: { perSecond: number; path: () => string; until: Promise<unknown> },
): Promise<PacedReads> => {
  const reader = connectReader(url, 64)
  const result: PacedReads = { latenciesMs: [], failures: 0 }
  let isOver = false
  void options.until.finally(() => {
    isOver = true
  })
  const underWay = new Set<Promise<void>>()
  const startedAt = performance.now()
  for (let count = 0; !isOver; count += 1) {
    const dueAt = startedAt + (count * 1_000) / options.perSecond
    if (dueAt > performance.now()) await pause(dueAt - performance.now())
    const read: Promise<void> = reader
      .get(options.path())
      .then(
        () => void result.latenciesMs.push(performance.now() - dueAt),
        () => {
          result.failures += 1
        },
      )
      .finally(() => underWay.delete(read))
    underWay.add(read)
  }
  await Promise.all(underWay)
  reader.close()
  return result
}
