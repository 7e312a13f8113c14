import type { ReleaseLine } from '../../../../../contract/fleet-lines.ts'
import { Problem } from '../../../../../contract/problems.ts'
import { liveKey } from '../../store/app-sets.ts'
import { nameOf } from '../../store/documents.ts'
import type { Deciding } from './decide-app.ts'
import { knownApp } from './decide-version.ts'
import type { Known, KnownApp, KnownLive } from './known.ts'

/** A release to be made. */
export interface WantedRelease {
  appId: string
  channel: string
  version: string
  reason: string | null
  /** Nothing was live on the channel before. */
  isFirst: boolean
  isPlanned: boolean
}

/**
 * The release to be made; undefined where that version is live already, on the template that the app extends. Throws a
 * Problem where it cannot be.
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
  if (live?.version === configVersion && live.baseAppId === app.extends) return undefined
  if (live?.hasCandidate) {
    throw new Problem('rollout_in_progress', {
      detail: `A rollout is under way on ${appId} (${channel}). Promote or abort it first.`,
    })
  }
  const base = liveBase(known, app, channel)
  const isPlanned = app.isPlanned || version.isPlanned || (base?.isPlanned ?? false)
  const becomes = { version: configVersion, baseAppId: app.extends, hasCandidate: false, isPlanned }
  known.live.set(liveKey(says), becomes)
  const reason = says.reason ?? null
  return { appId, channel, version: configVersion, reason, isFirst: live === undefined, isPlanned }
}

/** The 409 for an app whose template has no release on the channel, nor on stable. */
export const templateNotReleased = ({
  appId,
  extends: template,
}: Pick<KnownApp, 'appId' | 'extends'>): Problem =>
  new Problem('template_not_released', {
    detail: `${appId} extends ${template}, which has no release yet. Put a release of ${template} before this one.`,
  })

const liveBase = (known: Known, app: KnownApp, channel: string): KnownLive | undefined => {
  if (app.extends === null) return undefined
  const base =
    known.live.get(liveKey({ appId: app.extends, channel })) ??
    known.live.get(liveKey({ appId: app.extends, channel: 'stable' }))
  if (!base) throw templateNotReleased(app)
  return base
}
