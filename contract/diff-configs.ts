import { type ComparedConfig, compareConfigs } from './compare-configs.ts'
import type { ConfigDiff } from './config.ts'
import { listSteps, toJsonPatch, toText } from './json-patch.ts'

/** A config and the version it is. */
export interface VersionedConfig extends ComparedConfig {
  configVersion: string
}

/** What makes `to` of `from`, in every form there is. Without `from` all of `to` is new. */
export const diffConfigs = (from: VersionedConfig | null, to: VersionedConfig): ConfigDiff => {
  const [before, after] = [from ? comparedOf(from) : nothingOf(to), comparedOf(to)]
  const steps = listSteps(before, after)
  return {
    from: from?.configVersion ?? null,
    to: to.configVersion,
    ...compareConfigs(before, after),
    jsonPatch: toJsonPatch(steps),
    text: toText(steps),
  }
}

/** The parts that are compared, and of those only what is said. */
const comparedOf = (config: ComparedConfig): ComparedConfig => {
  const { minimumAppVersion, recommendedAppVersion, deprecationDate, data, overrides, flags } = config
  return {
    ...(minimumAppVersion !== undefined && { minimumAppVersion }),
    ...(recommendedAppVersion !== undefined && { recommendedAppVersion }),
    ...(deprecationDate !== undefined && { deprecationDate }),
    data,
    ...(overrides !== undefined && { overrides }),
    ...(flags !== undefined && { flags }),
  }
}

/** The config before the first one: a null of `after` is none, so it is nothing new. */
const nothingOf = (after: ComparedConfig): ComparedConfig => ({
  ...(after.minimumAppVersion === null && { minimumAppVersion: null }),
  ...(after.recommendedAppVersion === null && { recommendedAppVersion: null }),
  ...(after.deprecationDate === null && { deprecationDate: null }),
  data: {},
})
