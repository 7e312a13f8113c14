import type { Bucket } from './bucket.ts'

/** Buckets by client, bounded. */
export interface Buckets {
  find(client: string): Bucket | undefined
  add(bucket: Bucket): void
  readonly size: number
}

/** Where all have been used, the oldest goes all the same: nobody waits for a long search. */
const chancesMost = 32

/**
 * Remembers the buckets of at most `most` clients. New ones make room among themselves, so that millions who come once
 * cannot push out who is limited: only who came again moves to the nine tenths that are kept by second chance (CLOCK).
 */
export const createBuckets = (most: number): Buckets => {
  const byClient = new Map<string, Bucket>()
  const newcomersMost = Math.max(1, Math.floor(most / 10))
  // Rings: the oldest of a Map is found by walking over all that were deleted before it.
  const newcomers: Bucket[] = []
  const kept: Bucket[] = []
  let nextNewcomer = 0
  let hand = 0

  /** The place in `kept` of the first that was not used since the hand came by. */
  const findIdle = (): number => {
    for (let chances = chancesMost; chances > 0; chances -= 1) {
      const bucket = kept[hand]
      if (!bucket?.isTouched) break
      bucket.isTouched = false
      hand = (hand + 1) % kept.length
    }
    return hand
  }
  const keep = (bucket: Bucket): void => {
    bucket.isTouched = false
    if (kept.length < most - newcomersMost) return void kept.push(bucket)
    const place = findIdle()
    byClient.delete(kept[place]?.client ?? '')
    kept[place] = bucket
    hand = (place + 1) % kept.length
  }

  return {
    find(client) {
      const bucket = byClient.get(client)
      if (bucket) bucket.isTouched = true
      return bucket
    },
    add(bucket) {
      const oldest = newcomers[nextNewcomer]
      if (oldest?.isTouched) keep(oldest)
      else if (oldest) byClient.delete(oldest.client)
      byClient.set(bucket.client, bucket)
      newcomers[nextNewcomer] = bucket
      nextNewcomer = (nextNewcomer + 1) % newcomersMost
    },
    get size() {
      return byClient.size
    },
  }
}
