import semver from 'semver'
import { problemOf } from '../../../../contract/problems.ts'
import type { Layer } from '../effective.ts'

/**
 * Throws 422 (invalid_version) where the last of these layers makes clients hear of a recommendedAppVersion below their
 * minimumAppVersion. What the templates above contradict is not its fault.
 */
export const checkAppVersions = (layers: readonly Layer[]): void => {
  const own = layers.at(-1)?.document
  if (own?.minimumAppVersion === undefined && own?.recommendedAppVersion === undefined) return
  const [minimum, recommended] = [said(layers, 'minimumAppVersion'), said(layers, 'recommendedAppVersion')]
  if (!minimum || !recommended || semver.gte(recommended.version, minimum.version)) return
  throw problemOf([
    {
      code: 'invalid_version',
      pointer: '/recommendedAppVersion',
      detail: `${recommended.appId} recommends ${recommended.version}, but ${minimum.appId} requires ${minimum.version}; recommend ${minimum.version} or higher, or null for none`,
    },
  ])
}

/** What holds, and the layer that says it; undefined where none does, or the last to speak says null. */
const said = (
  layers: readonly Layer[],
  field: 'minimumAppVersion' | 'recommendedAppVersion',
): { appId: string; version: string } | undefined => {
  const layer = layers.findLast(({ document }) => document[field] !== undefined)
  const version = layer?.document[field]
  return layer && version ? { appId: layer.appId, version } : undefined
}
