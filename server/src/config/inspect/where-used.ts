import type { UseOfValue } from '../../../../contract/config.ts'
import type { JsonValue } from '../../../../contract/json.ts'
import { decodeCursor, encodeCursor } from '../../platform/http/cursor.ts'
import type { Reader } from '../apps/find-app.ts'
import { loadChains } from '../store/chains.ts'
import { findOnTheWay, type LiveVersion, type SaidOnTheWay, scanLive } from '../store/live-values.ts'
import { type Laid, layOver } from './lay-over.ts'
import { cutOut, namesOf, onlyAt, valueAt } from './value-at.ts'

interface Query {
  limit: number
  cursor?: string | undefined
  pointer: string
  channel: string
  extends?: string | undefined
}

/** What one page looks at: enough for most, and little enough for a database that serves others. */
const scan = { rows: 2_000, bytes: 4 * 1024 * 1024 }
const batch = 250

/**
 * A page, by appId, of the live configs that have a value at a pointer into data, or would if no layer took it away: whether
 * the app itself says so or inherits it, and from which layer. It looks at a bounded part of the fleet, so it may hold fewer
 * than `limit`, or none, while others follow.
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
): Promise<Map<number, Laid>> => {
  const bases = new Set(live.flatMap(({ baseRevision }) => baseRevision ?? []))
  const inherited = new Map<number, Laid>()
  for (const [base, layers] of await loadChains(db, [...bases])) {
    let laid: Laid | undefined
    for (const [at, { appId, document }] of layers.entries()) {
      const own = cutOut(document.data as JsonValue, names)
      laid = layOver(laid, { appId, own, isRoot: at === 0 }, names)
    }
    if (laid) inherited.set(base, laid)
  }
  return inherited
}

const useOf = (
  { appId, baseRevision }: LiveVersion,
  names: readonly string[],
  said: SaidOnTheWay | undefined,
  inherited: Laid | undefined,
): Pick<UseOfValue, 'layer' | 'overrides' | 'value' | 'removed'> | undefined => {
  const own = said && onlyAt(names.slice(0, said.steps), said.value)
  const laid = layOver(inherited, { appId, own, isRoot: baseRevision === null }, names)
  // What no layer ever said, nobody has and nobody takes away.
  if (laid?.valued === undefined) return undefined
  const { document, layer } = laid
  const value = valueAt(document, names)
  return { layer, overrides: layer === appId, ...(value === undefined ? { removed: true } : { value }) }
}
