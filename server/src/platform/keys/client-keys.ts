import type { Kysely } from 'kysely'
import { LRUCache } from 'lru-cache'
import { Problem } from '../../../../contract/problems.ts'
import { askTogether } from '../ask-together.ts'
import type { AppScope } from '../auth/authenticate.ts'
import type { Tables } from '../database/tables.ts'
import { within } from '../within.ts'
import { isKeyOf } from './find-key-holder.ts'
import { findKeys, type KeyRow, noteKeyUse } from './key-rows.ts'
import { keyIdOf } from './key-text.ts'

/** What a client key reads. */
export interface ClientKey {
  appId: string
  channel: string
}

/** What a key of a server or a person reads: the apps that it may see. */
export interface ServerKey {
  scope: AppScope
}

export type KeyHolder = ClientKey | ServerKey

export interface ClientKeys {
  /**
   * What this key reads; undefined for one that does not count. At once while the answer is younger than half a second,
   * and else from the database: so a revoked key is refused within a second on every node. While the database is away the
   * last answer counts; rejects with 503 where there is none.
   */
  find(key: string): KeyHolder | undefined | Promise<KeyHolder | undefined>
}

/** What the database said of a key when it was asked last. */
interface Known {
  holder: KeyHolder | undefined
  askedAt: number
  /** It did not answer the last time: nobody waits for it until it does. */
  isAway: boolean
}

const freshMs = 500
const knownMost = 10_000
const patienceMs = 1_000

type Answers = ReadonlyMap<string, KeyHolder | undefined>

/** Recognises client keys: each is asked for every half second at most, and all that wait together, over one connection. */
export const createClientKeys = (db: Kysely<Tables>, onError: (error: unknown) => void): ClientKeys => {
  const known = new LRUCache<string, Known>({ max: knownMost })

  const lookUp = askTogether(async (keys) => {
    const askedAt = performance.now()
    const answers = await lookUpAll(db, keys, onError)
    for (const [key, holder] of answers) known.set(key, { holder, askedAt, isAway: false })
    return answers
  }, onError)

  const fallBack = (key: string, cause: unknown): KeyHolder | undefined => {
    const before = known.get(key)
    if (!before) throw notKnown(cause)
    known.set(key, { holder: before.holder, askedAt: performance.now(), isAway: true })
    return before.holder
  }

  return {
    find(key) {
      const now = known.get(key)
      if (now && performance.now() - now.askedAt < freshMs) return now.holder
      if (keyIdOf(key) === undefined) return undefined
      const answer = within(patienceMs, 'looking a key up', lookUp([key])).then(
        ([holder]) => holder,
        (error) => fallBack(key, error),
      )
      return now?.isAway ? now.holder : answer
    },
  }
}

const lookUpAll = async (
  db: Kysely<Tables>,
  keys: readonly string[],
  onError: (error: unknown) => void,
): Promise<Answers> => {
  const rows = await findKeys(
    db,
    keys.map((key) => keyIdOf(key) ?? ''),
  )
  const byId = new Map(rows.map((row) => [row.key_id, row]))
  const unnoted = new Set<string>()
  const answers = new Map<string, KeyHolder | undefined>()
  for (const key of keys) {
    const row = byId.get(keyIdOf(key) ?? '')
    const counting = row && isKeyOf(row, key) ? row : undefined
    if (counting && !counting.used_today) unnoted.add(counting.key_id)
    answers.set(key, counting && holderOf(counting))
  }
  if (unnoted.size > 0) noteKeyUse(db, [...unnoted]).catch(onError)
  return answers
}

const holderOf = ({ role, app_ids: appIds, labels, channel }: KeyRow): KeyHolder | undefined => {
  if (role !== 'client') return { scope: { appIds, labels: labels as AppScope['labels'] } }
  const [appId] = appIds ?? []
  return appId !== undefined && channel !== null ? { appId, channel } : undefined
}

const notKnown = (cause: unknown): Problem =>
  new Problem('store_unavailable', {
    detail: 'The database does not answer now, and this node does not know this key. Try again in a moment.',
    headers: { 'retry-after': '2' },
    cause,
  })
