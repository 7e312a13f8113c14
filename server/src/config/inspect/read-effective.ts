import type { EffectiveConfig } from '../../../../contract/config.ts'
import { findAppOrThrow, type Reader } from '../apps/find-app.ts'
import { effectiveOf } from '../effective.ts'
import { originsOf } from '../origins.ts'
import { findLiveRelease } from '../store/releases.ts'
import { layersOfRelease, layersOfVersion, named, notReleased } from './load-layers.ts'

interface Query {
  channel: string
  configVersion?: string | undefined
}

/**
 * The merged config that is live on a channel, or that a version would give there now: each value, override and flag with
 * the layer it comes from. Throws 403, 404 or 409 (template_not_released).
 */
export const readEffective = async (
  reader: Reader,
  appId: string,
  { channel, configVersion }: Query,
): Promise<EffectiveConfig> => {
  const app = await findAppOrThrow(reader, appId)
  const layers =
    configVersion === undefined
      ? await layersOfLive(reader, appId, channel)
      : await layersOfVersion(reader.db, app, channel, configVersion)
  // What its rules may ask for is the app's to tell.
  const { attributes: _, overrides, flags, ...config } = effectiveOf(layers)
  const rules = { ...(overrides && { overrides: [...overrides] }), ...(flags && { flags }) }
  return { appId, channel, layers: named(layers), ...config, ...rules, origins: originsOf(layers) }
}

const layersOfLive = async ({ db }: Reader, appId: string, channel: string) => {
  const live = await findLiveRelease(db, appId, channel)
  if (!live) throw notReleased(appId, channel)
  return layersOfRelease(db, live.revision)
}
