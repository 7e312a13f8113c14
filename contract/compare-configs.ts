import { type Bump, bumpOf, compareMembers } from './compare-data.ts'
import { compareFlags, compareOverrides } from './compare-targeting.ts'
import type { ChangeOfValue } from './config.ts'
import type { Flag, Override } from './targeting.ts'

/** What is compared: what clients get, or what one document says; an absent field is not said. */
export interface ComparedConfig {
  minimumAppVersion?: string | null | undefined
  recommendedAppVersion?: string | null | undefined
  deprecationDate?: string | null | undefined
  data: Readonly<Record<string, unknown>>
  overrides?: readonly Override[] | undefined
  flags?: Readonly<Record<string, Flag | null>> | undefined
}

export interface ConfigChanges {
  /** The highest that any of the changes deserves; `none` where nothing differs. */
  bump: Bump
  /** Versions and dates first, then data, overrides and flags: of each what was there in its order, then what is new. */
  changes: ChangeOfValue[]
}

/**
 * What differs between two configs, by JSON pointer into them (`/data/theme/primary`, `/overrides/2`, `/flags/search`), and
 * the bump it deserves:
 *
 * - major: a key of data is gone, or its value has another JSON type (null is one), or an array that had elements got one of
 *   a type it had none of;
 * - minor: data has a key it had not;
 * - patch: a value changed. An array is one value. A changed version or date is a patch, whatever changed about it.
 *
 * Objects are compared member by member; one that is new or gone as a whole is one change. An override deserves what it does
 * to the data, and a flag what compareFlags says.
 */
export const compareConfigs = (before: ComparedConfig, after: ComparedConfig): ConfigChanges => {
  const changes = [
    ...compareFields(before, after),
    ...compareMembers(['data'], before.data, after.data),
    ...compareOverrides(before, after),
    ...compareFlags(before.flags, after.flags),
  ]
  return { changes, bump: bumpOf(changes) }
}

const compareFields = (before: ComparedConfig, after: ComparedConfig): ChangeOfValue[] =>
  (['minimumAppVersion', 'recommendedAppVersion', 'deprecationDate'] as const).flatMap((field) => {
    const [was, is] = [before[field], after[field]]
    if (was === is) return []
    const kind = was === undefined ? 'added' : is === undefined ? 'removed' : 'changed'
    return [{ pointer: `/${field}`, kind, bump: 'patch', before: was, after: is }]
  })
