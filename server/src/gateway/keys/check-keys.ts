import { hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { KnownKey } from '../../../../contract/gateway-feed.ts'
import { Problem } from '../../../../contract/problems.ts'
import { askTogether } from '../../platform/ask-together.ts'
import type { Changes } from '../../platform/changes/changes.ts'
import { within } from '../../platform/within.ts'

/** A key as the config service knows it, without the key. */
export type CheckedKey = KnownKey

export interface CheckKeys {
  /**
   * What a key is; null for one that does not count. At once for one that is known: what is known follows the change feed, so a
   * revoked key is refused within a second. While the config service is away the last answer counts; rejects with 503 where
   * there is none. `mayAsk` is called before it is asked for a key that was never good here, and throws where it must not be.
   */
  find(key: string, mayAsk?: () => void): CheckedKey | null | Promise<CheckedKey | null>
  size(): number
  close(): void
}

interface CheckOptions {
  /** Asks the config service, by hashes, in their order. */
  ask: (hashes: readonly string[]) => Promise<readonly (CheckedKey | null)[]>
  /** Absent: there is no feed, and each key is asked for twice a second. */
  changes: Changes | undefined
  onError: (error: unknown) => void
  now?: () => number
}

interface Known {
  key: CheckedKey | null
  askedAt: number
  /** The config service did not answer the last time: nobody waits for it until it does. */
  isAway: boolean
}

const knownMost = 50_000
/** Fewer, because anybody can invent keys. */
const unknownMost = 10_000
/** While changes are heard of; a lost message is made good by then. */
const heardMs = 10_000
const unheardMs = 500
const patienceMs = 1_000
const longestKey = 512

/** Recognises keys in memory; what is not known is asked for in batches, without the key itself. */
export const checkKeys = ({
  ask,
  changes,
  onError,
  now = () => performance.now(),
}: CheckOptions): CheckKeys => {
  // By sizes of one each: for a `max` they would take room for all at once.
  const known = new LRUCache<string, Known>({ maxSize: knownMost, sizeCalculation: () => 1 })
  const unknown = new LRUCache<string, Known>({ maxSize: unknownMost, sizeCalculation: () => 1 })
  let isHeard = changes !== undefined
  /** Answers to what was asked before may be older than the change. */
  let changedAt = Number.NEGATIVE_INFINITY

  const forgetAll = (): void => {
    changedAt = now()
    unknown.clear()
    for (const entry of known.values()) entry.askedAt = Number.NEGATIVE_INFINITY
  }
  const unsubscribe = changes?.subscribe({
    changed: () => {},
    noticed({ topic, names }) {
      if (topic !== 'keys') return
      changedAt = now()
      // A new one may have been tried before it was there.
      unknown.clear()
      // Forgotten, not only asked for again: what was known of it must not count while nobody can be asked.
      for (const [text, { key }] of [...known.entries()])
        if (key && names.includes(key.keyId)) known.delete(text)
    },
    resumed() {
      isHeard = true
      forgetAll()
    },
    lost() {
      isHeard = false
    },
  })

  const lookUp = askTogether<CheckedKey>(async (texts) => {
    const askedAt = now()
    const answers = await ask(texts.map((text) => hash('sha256', text)))
    const found = new Map<string, CheckedKey>()
    for (const [index, text] of texts.entries()) {
      const key = answers[index] ?? null
      if (key) found.set(text, key)
      const [holds, drops] = key ? [known, unknown] : [unknown, known]
      const isCurrent = changedAt < askedAt
      holds.set(text, { key, askedAt: isCurrent ? askedAt : Number.NEGATIVE_INFINITY, isAway: false })
      drops.delete(text)
    }
    return found
  }, onError)

  const fallBack = (text: string, cause: unknown): CheckedKey | null => {
    const before = known.get(text) ?? unknown.get(text)
    if (!before) throw notKnown(cause)
    before.askedAt = now()
    before.isAway = true
    return unlessExpired(before.key)
  }

  return {
    find(text, mayAsk) {
      if (text.length > longestKey) return null
      const good = known.get(text)
      const entry = good ?? unknown.get(text)
      if (entry && now() - entry.askedAt < (isHeard ? heardMs : unheardMs)) return unlessExpired(entry.key)
      if (!good) mayAsk?.()
      const answer = within(patienceMs, 'asking for a key', lookUp([text])).then(
        ([key]) => unlessExpired(key ?? null),
        (error) => fallBack(text, error),
      )
      return entry?.isAway ? unlessExpired(entry.key) : answer
    },
    size: () => known.size + unknown.size,
    close: () => unsubscribe?.(),
  }
}

const unlessExpired = (key: CheckedKey | null): CheckedKey | null =>
  key?.expiresAt != null && Date.parse(key.expiresAt) <= Date.now() ? null : key

const notKnown = (cause: unknown): Problem =>
  new Problem('upstream_unavailable', {
    detail:
      'The config service does not answer now, and this gateway does not know this key. Try again in a moment.',
    headers: { 'retry-after': '2' },
    cause,
  })
