import { Problem } from '../../../../../contract/problems.ts'
import { connectionLimits } from '../../../platform/http/listener.ts'

/** What is left of the connections is for all other requests. */
const streamsMost = Math.floor(connectionLimits.connections * 0.8)
const retryAfterSeconds = 30

export interface StreamLimits {
  /** Counts one more stream or waiting read of a holder; returns what ends it. Throws 429 when there are too many. */
  take(holder: string): () => void
  size(): number
}

/** Bounds what is left open in this process, for each holder (a client key, or an app) and altogether. */
export const limitStreams = (perHolder: number, altogether: number = streamsMost): StreamLimits => {
  const counts = new Map<string, number>()
  let all = 0
  return {
    take(holder) {
      const count = counts.get(holder) ?? 0
      if (count >= perHolder || all >= altogether) throw tooMany(count >= perHolder)
      counts.set(holder, count + 1)
      all += 1
      return () => {
        const left = (counts.get(holder) ?? 1) - 1
        if (left > 0) counts.set(holder, left)
        else counts.delete(holder)
        all -= 1
      }
    },
    size: () => all,
  }
}

const tooMany = (isTheirs: boolean): Problem =>
  new Problem('too_many_streams', {
    detail: isTheirs
      ? 'As many streams and waiting reads are open here as this key, or this app without a key, may have. Read the config as often as pollSeconds says.'
      : 'As many streams and waiting reads are open here as this process takes. Read the config as often as pollSeconds says.',
    headers: { 'retry-after': String(retryAfterSeconds) },
  })
