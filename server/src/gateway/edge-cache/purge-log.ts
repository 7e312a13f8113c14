import { resourceOf } from './resource-of.ts'

/**
 * Remembers purges while answers are on their way: one that was asked for before a purge of its tag is older than the purge
 * and must not be stored, nor given to who asked later.
 */
export interface PurgeLog {
  /** Notes that an answer is being asked for; its mark tells it from later ones. */
  begin(): number
  /** It has been stored, or will not be. */
  end(): void
  /** The mark of what is asked for now. */
  mark(): number
  purge(tags: readonly string[]): void
  purgeAll(): void
  /** Whether one of the tags was purged since the mark. */
  isOutdated(mark: number, tags: readonly string[]): boolean
}

/** More tags than this are taken for all. */
const tagsMost = 100_000

export const createPurgeLog = (): PurgeLog => {
  const purged = new Map<string, number>()
  let now = 0
  let allPurgedAt = 0
  let underWay = 0
  return {
    begin() {
      underWay += 1
      return now
    },
    end() {
      underWay -= 1
      if (underWay === 0) purged.clear()
    },
    mark: () => now,
    purge(tags) {
      now += 1
      if (underWay === 0) return
      for (const tag of tags) purged.set(tag, now)
      if (purged.size <= tagsMost) return
      allPurgedAt = now
      purged.clear()
    },
    purgeAll() {
      now += 1
      allPurgedAt = now
      purged.clear()
    },
    isOutdated: (mark, tags) => mark < allPurgedAt || tags.some((tag) => (purged.get(tag) ?? 0) > mark),
  }
}

/** Under this name an address stands in the log. */
export const addressTag = (url: string): string => `address ${resourceOf(url)}`
