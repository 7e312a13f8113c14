import type { UseOfValue } from '../../../../contract/config.ts'
import type { JsonValue } from '../../../../contract/json.ts'
import { mergePatch } from '../../../../contract/merge-patch.ts'
import { decodeCursor, encodeCursor } from '../../platform/http/cursor.ts'
import type { Reader } from '../apps/find-app.ts'
import { loadChains } from '../store/chains.ts'
import { findOnTheWay, type LiveVersion, type SaidOnTheWay, scanLive } from '../store/live-values.ts'
import { cutOut, namesOf, onlyAt, valueAt } from './value-at.ts'

interface Query {
  limit: number
  cursor?: string | undefined
  pointer: string
  channel: string
  extends?: string | undefined
}

/** What templates say at a pointer: the cut-out of their merged data, and the lowest of them that says something there. */
interface Inherited {
  document: JsonValue
  layer: string
}

/** What one page looks at: enough for most, and little enough for a database that serves others. */
const scan = { rows: 2_000, bytes: 4 * 1024 * 1024 }
const batch = 250

/**
 * A page of the live configs that have a value at a pointer into data, by appId: whether the app says it itself or inherits
 * it, and from which layer. A page looks at a bounded part of the fleet, so it may hold fewer than `limit`, or none, while
 * others follow.
 */
export const whereUsed = async (
  { db, actor }: Reader,
  { limit, cursor, pointer, channel, extends: template }: Query,
): Promise<{ items: UseOfValue[]; nextCursor: string | null }> => {
  const names = namesOf(pointer)
  const after = decodeCursor(cursor, 'string') ?? ''
  const { live, stoppedAt } = await scanLive(db, {
    ...scan,
    channel,
    scope: actor.scope,
    extends: template,
    after,
  })
  const inherited = await loadInherited(db, live, names)
  const items: UseOfValue[] = []
  for (let at = 0; at < live.length && items.length <= limit; at += batch) {
    const some = live.slice(at, at + batch)
    const said = await findOnTheWay(db, some, names)
    for (const one of some) {
      const use = useOf(one, names, said.get(one.appId), inherited.get(one.baseRevision ?? 0))
      if (use) items.push({ appId: one.appId, channel, revision: one.revision, ...use })
    }
  }
  const page = items.slice(0, limit)
  const last = items.length > limit ? page.at(-1)?.appId : stoppedAt
  return { items: page, nextCursor: last ? encodeCursor(last) : null }
}

/** What the templates' releases say that these stand on: each once, for thousands of apps share one. */
const loadInherited = async (
  db: Reader['db'],
  live: readonly LiveVersion[],
  names: readonly string[],
): Promise<Map<number, Inherited>> => {
  const bases = new Set(live.flatMap(({ baseRevision }) => baseRevision ?? []))
  const inherited = new Map<number, Inherited>()
  for (const [base, layers] of await loadChains(db, [...bases])) {
    for (const { appId, document } of layers) {
      const own = cutOut(document.data as JsonValue, names)
      if (own === undefined) continue
      const above = inherited.get(base)
      const isRoot = document === layers[0]?.document
      const layer = valueAt(own, names) === undefined ? (above?.layer ?? appId) : appId
      inherited.set(base, { document: isRoot ? own : mergePatch(above?.document, own), layer })
    }
  }
  return inherited
}

const useOf = (
  { appId, baseRevision }: LiveVersion,
  names: readonly string[],
  said: SaidOnTheWay | undefined,
  inherited: Inherited | undefined,
): Pick<UseOfValue, 'layer' | 'overrides' | 'value'> | undefined => {
  const own = said && onlyAt(names.slice(0, said.steps), said.value)
  // An app without a template is a root: its data is taken as it is, with its nulls.
  const document =
    own === undefined || baseRevision === null
      ? (own ?? inherited?.document)
      : mergePatch(inherited?.document, own)
  const value = document === undefined ? undefined : valueAt(document, names)
  if (value === undefined) return undefined
  const overrides = own !== undefined && valueAt(own, names) !== undefined
  return { layer: overrides ? appId : (inherited?.layer ?? appId), overrides, value }
}
