import { compareConfigs } from './compare-configs.ts'
import { bumpOf, compareMembers } from './compare-data.ts'
import type { ConfigDiff } from './config.ts'
import { listSteps, toJsonPatch, toText } from './json-patch.ts'

/** What one device gets, overrides laid and flags evaluated. */
export interface EvaluatedForDevice {
  configVersion: string
  minimumAppVersion: string | null
  recommendedAppVersion: string | null
  deprecationDate: string | null
  data: Readonly<Record<string, unknown>>
  flags?: Readonly<Record<string, unknown>> | undefined
}

/** What makes `to` of `from`, both for one device; without `from` all of `to` is new. */
export const diffEvaluated = (from: EvaluatedForDevice | null, to: EvaluatedForDevice): ConfigDiff => {
  const after = comparedOf(to)
  const before = from ? comparedOf(from) : { ...nothing, flags: {} }
  const { flags: flagsBefore, ...configBefore } = before
  const { flags: flagsAfter, ...configAfter } = after
  const changes = [
    ...compareConfigs(configBefore, configAfter).changes,
    ...compareMembers(['flags'], flagsBefore, flagsAfter),
  ]
  const steps = listSteps(before, after)
  return {
    from: from?.configVersion ?? null,
    to: to.configVersion,
    bump: bumpOf(changes),
    changes,
    jsonPatch: toJsonPatch(steps),
    text: toText(steps),
  }
}

const nothing = { minimumAppVersion: null, recommendedAppVersion: null, deprecationDate: null, data: {} }

const comparedOf = ({
  minimumAppVersion,
  recommendedAppVersion,
  deprecationDate,
  data,
  flags = {},
}: EvaluatedForDevice) => ({ minimumAppVersion, recommendedAppVersion, deprecationDate, data, flags })
