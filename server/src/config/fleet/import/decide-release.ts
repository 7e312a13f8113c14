import type { ReleaseLine } from '../../../../../contract/fleet-lines.ts'
import { Problem } from '../../../../../contract/problems.ts'
import { liveKey } from '../../store/app-sets.ts'
import { nameOf } from '../../store/documents.ts'
import { checkStand } from './check-tie.ts'
import type { Deciding } from './decide-app.ts'
import { knownApp } from './decide-version.ts'
import type { Known, KnownLive } from './known.ts'

/** A release to be made. */
export interface WantedRelease {
  appId: string
  channel: string
  version: string
  /** Whose live release it is to stand on. */
  template: string | null
  reason: string | null
  /** Nothing was live on the channel before. */
  isFirst: boolean
  isPlanned: boolean
}

/**
 * The release to be made; undefined where that version is live already, on the template that the line names or, where it
 * names none, the app extends. Throws a Problem where it cannot be.
 */
export const decideRelease = (
  deciding: Pick<Deciding, 'actor' | 'known'>,
  says: ReleaseLine,
): WantedRelease | undefined => {
  const { appId, channel, configVersion } = says
  const { known } = deciding
  const app = knownApp(deciding, appId)
  const version = known.versions.get(nameOf({ appId, version: configVersion }))
  if (!version) {
    throw new Problem('version_not_found', {
      detail: `The app ${appId} has no version ${configVersion} yet. Put its line before this one.`,
    })
  }
  const live = known.live.get(liveKey(says))
  const template = says.standsOn === undefined ? app.extends : says.standsOn
  if (live?.version === configVersion && live.baseAppId === template) return undefined
  if (template !== null && template !== app.extends) checkStand(deciding, app, template)
  if (live?.hasCandidate) {
    throw new Problem('rollout_in_progress', {
      detail: `A rollout is under way on ${appId} (${channel}). Promote or abort it first.`,
    })
  }
  const base = template === null ? undefined : liveBase(known, { appId, channel, template })
  const isPlanned = app.isPlanned || version.isPlanned || (base?.isPlanned ?? false)
  const becomes = { version: configVersion, baseAppId: template, hasCandidate: false, isPlanned }
  known.live.set(liveKey(says), becomes)
  const reason = says.reason ?? null
  return { appId, channel, version: configVersion, template, reason, isFirst: live === undefined, isPlanned }
}

/** The 409 for an app whose template has no release on the channel, nor on stable. */
export const templateNotReleased = (appId: string, template: string): Problem =>
  new Problem('template_not_released', {
    detail: `${appId} is to stand on ${template}, which has no release yet. Put a release of ${template} before this one.`,
  })

const liveBase = (
  known: Known,
  { appId, channel, template }: { appId: string; channel: string; template: string },
): KnownLive => {
  const base =
    known.live.get(liveKey({ appId: template, channel })) ??
    known.live.get(liveKey({ appId: template, channel: 'stable' }))
  if (!base) throw templateNotReleased(appId, template)
  return base
}
