import { equalJson } from '../../../../../contract/json-equal.ts'
import type { Override } from '../../../../../contract/targeting.ts'
import { dataOf, type Evaluable, type PreparedRelease } from '../prepare.ts'

/**
 * The top-level keys of `data`, and the flags, that are not the same in all that devices got before or get now: of what is
 * live and of what a rollout brings. A changed override counts as a change of what it lays over the data.
 */
export const changedKeys = (before: PreparedRelease, now: PreparedRelease): string[] => {
  const given = new Map<number, { release: PreparedRelease; one: Evaluable }>()
  for (const release of [before, now]) {
    for (const one of [release.live, release.candidate]) if (one) given.set(one.revision, { release, one })
  }
  if (given.size < 2) return []
  const all = [...given.values()]
  const data = all.map(({ release, one }) => JSON.parse(String(dataOf(release, one))))
  const overrides = all.map(({ one }) => one.targeting?.overrides ?? [])
  const flags = all.map(({ one }) => one.flags ?? {})
  return [...new Set([...differing(data), ...laidOverByChanged(overrides), ...differing(flags)])]
}

/** Whether the same devices get the same as before, as where an app was renamed: the config of a revision never changes. */
export const isSameForAll = (before: PreparedRelease, now: PreparedRelease): boolean =>
  before.live.revision === now.live.revision &&
  before.candidate?.rolloutId === now.candidate?.rolloutId &&
  before.candidate?.percent === now.candidate?.percent &&
  before.pollSeconds === now.pollSeconds &&
  before.needsKey === now.needsKey &&
  equalJson(before.varies, now.varies)

/** The names whose values are not the same in all of these objects. */
const differing = (objects: readonly object[]): string[] => {
  const [first = {}, ...others] = objects as Record<string, unknown>[]
  const names = new Set(objects.flatMap(Object.keys))
  return [...names].filter((name) => others.some((other) => !equalJson(first[name], other[name])))
}

/** What is laid over the data by overrides that are not the same in all of these lists, or follow another order. */
const laidOverByChanged = (lists: readonly (readonly Override[])[]): string[] => {
  const byName = lists.map((list) => Object.fromEntries(list.map((override) => [override.name, override])))
  const isInAll = ({ name }: Override): boolean => byName.every((map) => map[name] !== undefined)
  const orders = lists.map((list) => list.filter(isInAll).map(({ name }) => name))
  const inOrder = orders.every((order) => equalJson(order, orders[0]))
  const names = inOrder ? differing(byName) : Object.keys(Object.assign({}, ...byName))
  return names.flatMap((name) => byName.flatMap((map) => Object.keys(map[name]?.data ?? {})))
}
