import type { UseOfValue } from '../../../../contract/config.ts'
import type { JsonValue } from '../../../../contract/json.ts'
import { decodeCursor, encodeCursor, foreignCursor } from '../../platform/http/cursor.ts'
import type { Reader } from '../apps/find-app.ts'
import type { Layer } from '../effective.ts'
import { mergeOverrides } from '../merge-overrides.ts'
import { loadChains } from '../store/chains.ts'
import { findOnTheWay, type LiveVersion, type SaidByVersion, scanLive } from '../store/live-values.ts'
import { type Laid, layOver } from './lay-over.ts'
import { layOverride } from './lay-override.ts'
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
 * the app itself says so or inherits it, and from which layer; then each of its overrides that says so. It looks at a bounded
 * part of the fleet, so it may hold fewer than `limit`, or none, while others follow.
 */
export const whereUsed = async (
  { db, actor }: Reader,
  { limit, cursor, pointer, channel, extends: template }: Query,
): Promise<{ items: UseOfValue[]; nextCursor: string | null }> => {
  const names = namesOf(pointer)
  const from = placeOf(decodeCursor(cursor, 'string') ?? '')
  const { live, stoppedAt } = await scanLive(db, {
    ...scan,
    channel,
    scope: actor.scope,
    extends: template,
    from: { appId: from.appId, inclusive: from.told > 0 },
  })
  const inherited = await loadInherited(db, live, names)
  const items: UseOfValue[] = []
  for (let at = 0; at < live.length && items.length <= limit + from.told; at += batch) {
    const some = live.slice(at, at + batch)
    const said = await findOnTheWay(db, some, names)
    for (const one of some) {
      const uses = usesOf(one, names, said.get(one.appId), inherited.get(one.baseRevision ?? 0))
      items.push(...uses.map((use) => ({ appId: one.appId, channel, revision: one.revision, ...use })))
    }
  }
  const rest = items[0]?.appId === from.appId ? items.slice(from.told) : items
  const page = rest.slice(0, limit)
  const next = rest.length > limit ? placeBehind(page, from) : stoppedAt
  return { items: page, nextCursor: next ? encodeCursor(next) : null }
}

/** An appId, and how many of its uses were told; neither holds a space. An appId by itself was told as a whole. */
const placeOf = (text: string): { appId: string; told: number } => {
  const [, appId, told = '0'] = /^(\S*)(?: ([1-9]\d{0,5}))?$/.exec(text) ?? []
  if (appId === undefined) throw foreignCursor()
  return { appId, told: Number(told) }
}

/** One app may have more uses than a page has places. */
const placeBehind = (page: readonly UseOfValue[], from: { appId: string; told: number }): string | null => {
  const appId = page.at(-1)?.appId
  if (appId === undefined) return null
  const before = appId === from.appId ? from.told : 0
  return `${appId} ${before + page.filter((use) => use.appId === appId).length}`
}

/** What templates' releases say: of the value, and in overrides, each by what is cut out of it. */
interface Inherited {
  laid: Laid | undefined
  overrides: { name: string; layer: string; own: JsonValue | undefined }[]
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
    let laid: Laid | undefined
    for (const [at, { appId, document }] of layers.entries()) {
      const own = cutOut(document.data as JsonValue, names)
      laid = layOver(laid, { appId, own, isRoot: at === 0 }, names)
    }
    inherited.set(base, { laid, overrides: overridesOf(layers, names) })
  }
  return inherited
}

const overridesOf = (layers: readonly Layer[], names: readonly string[]): Inherited['overrides'] =>
  mergeOverrides(layers.map(({ document }) => document.overrides)).map(({ override, layer }) => ({
    name: override.name,
    layer: layers[layer]?.appId ?? '',
    own: cutOut(override.data as JsonValue, names),
  }))

type Use = Pick<UseOfValue, 'layer' | 'override' | 'overrides' | 'value' | 'removed'>

const usesOf = (
  { appId, baseRevision }: LiveVersion,
  names: readonly string[],
  said: SaidByVersion | undefined,
  inherited: Inherited | undefined,
): Use[] => {
  const own = said?.data && onlyAt(names.slice(0, said.data.steps), said.data.value)
  const laid = layOver(inherited?.laid, { appId, own, isRoot: baseRevision === null }, names)
  const replaced = new Set(said?.overrides.map(({ name }) => name))
  const overrides = [
    ...(inherited?.overrides.filter(({ name }) => !replaced.has(name)) ?? []),
    ...(said?.overrides.map(({ name, said: { steps, value } }) => ({
      name,
      layer: appId,
      own: onlyAt(names.slice(0, steps), value),
    })) ?? []),
  ]
  const uses = overrides.flatMap(({ name, layer, own }): Use[] => {
    const use = own === undefined ? undefined : layOverride(laid?.document, own, names)
    return use ? [{ layer, override: name, overrides: layer === appId, ...use }] : []
  })
  return [...useOfData(laid, appId, names), ...uses]
}

/** What no layer ever said, nobody has and nobody takes away. */
const useOfData = (laid: Laid | undefined, appId: string, names: readonly string[]): Use[] => {
  if (laid?.valued === undefined) return []
  const value = valueAt(laid.document, names)
  const { layer } = laid
  return [{ layer, overrides: layer === appId, ...(value === undefined ? { removed: true } : { value }) }]
}
