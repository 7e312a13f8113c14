/** A batch holds its snapshots several times over, as rows, objects and texts. */
export const batchBytes = 8 * 1024 * 1024
export const batchMost = 250
/** Even of the largest documents so many fit into memory, unless told otherwise. */
const unknownMost = 50

export interface BatchSize {
  next(): number
  /** A batch of `count` had so many bytes. */
  learn(count: number, bytes: number): void
}

/** How many snapshots the next batch may have, as far as the sizes of those before tell: what changes together is alike. */
export const createBatchSize = (first = unknownMost): BatchSize => {
  let size = first
  return {
    next: () => size,
    learn(count, bytes) {
      if (count > 0) size = Math.max(1, Math.min(batchMost, Math.floor((batchBytes * count) / (bytes + 1))))
    },
  }
}
