import { Problem } from '../../../../contract/problems.ts'
import { hasRole } from '../../platform/auth/authenticate.ts'
import type { Scope } from '../change.ts'
import { listHindrances, requireOverride } from '../releases/may-release.ts'
import { findMadeBreaks } from '../schemas/check-made-releases.ts'
import { tellBreaks } from '../schemas/tell-breaks.ts'
import type { AppRow } from '../store/apps.ts'
import { type LiveChannelRow, listLiveChannels } from '../store/channels.ts'

/**
 * Throws where bringing an app back from the archive would put live what a release could not: 403 for what its templates
 * released meanwhile, while it is frozen or asks for approval; 422 for what breaks a schema. An administrator may. Ask
 * once it is back, with the templates above it shared.
 */
export const mayReturn = async (scope: Scope, before: AppRow): Promise<void> => {
  const { app_id: appId, archived_at: archivedAt } = before
  const live = await listLiveChannels(scope.db, appId)
  if (!archivedAt || live.length === 0) return
  const isOther = live.some((row) => row.released_at >= archivedAt || row.candidate_revision !== null)
  if (isOther) {
    const hindrances = await listHindrances(scope.db, [appId], { isApproved: false })
    if (hindrances.length > 0) await requireOverride(scope, hindrances, `to bring ${appId} back`)
  }
  if (!hasRole(scope.actor, 'admin')) await refuseBroken(scope, appId, live)
}

const refuseBroken = async (scope: Scope, appId: string, live: readonly LiveChannelRow[]): Promise<void> => {
  const releases = live.flatMap(({ channel, revision, candidate_revision: candidate }) =>
    [revision, ...(candidate === null ? [] : [candidate])].map((one) => ({ appId, channel, revision: one })),
  )
  const breaks = await findMadeBreaks(scope, releases)
  if (breaks.length === 0) return
  const { first, errors } = await tellBreaks(scope, breaks, 'schema_violation')
  throw new Problem('schema_violation', {
    detail: `What is live of ${appId} breaks a schema by now, so it takes an administrator to bring it back: ${first}`,
    errors,
  })
}
