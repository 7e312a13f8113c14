import type { JsonValue } from '../../../../contract/json.ts'
import { equalJson } from '../../../../contract/json-equal.ts'
import type { Override } from '../../../../contract/targeting.ts'
import type { Effective } from '../effective.ts'

/** What one override does to one key of data: a patch to lay over its value; null takes the key away. */
export interface KeyPatch {
  /** Of the override, among those of the config. */
  place: number
  override: Override
  value: JsonValue
}

/** One key of data, as a flag: its value where no override touches it, and those that may, in their order. */
export interface KeyPlan {
  key: string
  base: JsonValue | undefined
  patches: readonly KeyPatch[]
}

/** An override that reaches nobody touches nothing. */
const reachesSome = ({ rollout }: Override): boolean => rollout === undefined || rollout > 0

/** Whether the bucket of a device decides if this override counts. */
export const isSplit = ({ rollout }: Override): boolean =>
  rollout !== undefined && rollout > 0 && rollout < 100

/**
 * The keys of data that are flags: those for which some device gets a value that is not null. Null is no type of OpenFeature, and
 * flagd knows no flag without a name.
 */
export const planKeys = ({ data, overrides = [] }: Pick<Effective, 'data' | 'overrides'>): KeyPlan[] => {
  const patches = new Map<string, KeyPatch[]>()
  const add = (key: string): KeyPatch[] => {
    const list = patches.get(key) ?? []
    patches.set(key, list)
    return list
  }
  for (const key of Object.keys(data)) add(key)
  for (const [place, override] of overrides.entries()) {
    if (!reachesSome(override)) continue
    for (const [key, value] of Object.entries(override.data)) {
      add(key).push({ place, override, value: value as JsonValue })
    }
  }
  const bases = new Map(Object.entries(data) as [string, JsonValue][])
  return [...patches]
    .map(([key, list]) => ({ key, base: bases.get(key), patches: list }))
    .filter(
      ({ key, base, patches }) =>
        key !== '' && [base ?? null, ...patches.map(({ value }) => value)].some((value) => value !== null),
    )
}

/** Whether every device gets the same of both, for the same reason. */
export const equalPlans = (one: KeyPlan | undefined, other: KeyPlan | undefined): boolean => {
  if (!one || !other) return one === other
  return (
    one.patches.length === other.patches.length &&
    equalJson(one.base, other.base) &&
    one.patches.every((patch, at) => equalPatches(patch, other.patches[at] as KeyPatch))
  )
}

const equalPatches = (one: KeyPatch, other: KeyPatch): boolean =>
  one.override.name === other.override.name &&
  one.override.rollout === other.override.rollout &&
  equalJson(one.override.when, other.override.when) &&
  equalJson(one.value, other.value)
