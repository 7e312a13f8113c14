import type { Bucket } from './bucket.ts'

/** A bucket, and where it is found. */
interface Entry {
  bucket: Bucket
  among: Map<string, Bucket>
}

/** Where all have been used, the oldest goes all the same: nobody waits for a long search. */
const chancesMost = 32

/**
 * Room for the buckets of all policies together: `most`. New ones make room among themselves, so that millions who come once
 * cannot push out who is limited: only who came again moves to the nine tenths that are kept by second chance (CLOCK).
 */
export class BucketMemory {
  readonly #most: number
  readonly #newcomersMost: number
  // Rings: the oldest of a Map is found by walking over all that were deleted before it.
  readonly #newcomers: Entry[] = []
  readonly #kept: Entry[] = []
  #nextNewcomer = 0
  #hand = 0

  constructor(most: number) {
    this.#most = most
    this.#newcomersMost = Math.max(1, Math.floor(most / 10))
  }

  add(entry: Entry): void {
    const oldest = this.#newcomers[this.#nextNewcomer]
    if (oldest?.bucket.isTouched) this.#keep(oldest)
    else forget(oldest)
    this.#newcomers[this.#nextNewcomer] = entry
    this.#nextNewcomer = (this.#nextNewcomer + 1) % this.#newcomersMost
  }

  #keep(entry: Entry): void {
    entry.bucket.isTouched = false
    if (this.#kept.length < this.#most - this.#newcomersMost) return void this.#kept.push(entry)
    const place = this.#findIdle()
    forget(this.#kept[place])
    this.#kept[place] = entry
    this.#hand = (place + 1) % this.#kept.length
  }

  /** The place of the first that was not used since the hand came by. */
  #findIdle(): number {
    for (let chances = chancesMost; chances > 0; chances -= 1) {
      const bucket = this.#kept[this.#hand]?.bucket
      if (!bucket?.isTouched) break
      bucket.isTouched = false
      this.#hand = (this.#hand + 1) % this.#kept.length
    }
    return this.#hand
  }
}

const forget = (entry: Entry | undefined): void => {
  entry?.among.delete(entry.bucket.client)
}

/** Buckets by client, of one policy. */
export class Buckets {
  readonly #byClient = new Map<string, Bucket>()
  readonly #memory: BucketMemory

  constructor(memory: BucketMemory) {
    this.#memory = memory
  }

  find(client: string): Bucket | undefined {
    const bucket = this.#byClient.get(client)
    if (bucket !== undefined) bucket.isTouched = true
    return bucket
  }

  add(bucket: Bucket): void {
    this.#byClient.set(bucket.client, bucket)
    this.#memory.add({ bucket, among: this.#byClient })
  }

  get size(): number {
    return this.#byClient.size
  }
}
