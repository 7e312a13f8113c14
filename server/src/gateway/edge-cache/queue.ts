/** What stands in a queue, with its neighbours in it. */
export interface Link {
  bytes: number
  /** How often it was of use since it was looked at for the last time. */
  uses: number
  queue: Queue | undefined
  older: Link | undefined
  newer: Link | undefined
}

/** First in, first out, and any in between; knows how many bytes stand in it. */
export interface Queue {
  bytes: number
  oldest: Link | undefined
  newest: Link | undefined
}

export const createQueue = (): Queue => ({ bytes: 0, oldest: undefined, newest: undefined })

export const append = (queue: Queue, link: Link): void => {
  link.queue = queue
  link.older = queue.newest
  link.newer = undefined
  if (queue.newest) queue.newest.newer = link
  else queue.oldest = link
  queue.newest = link
  queue.bytes += link.bytes
}

export const takeOut = (link: Link): void => {
  const { queue, older, newer } = link
  if (!queue) return
  if (older) older.newer = newer
  else queue.oldest = newer
  if (newer) newer.older = older
  else queue.newest = older
  queue.bytes -= link.bytes
  link.queue = undefined
  link.older = undefined
  link.newer = undefined
}
