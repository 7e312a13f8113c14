import type { Kysely } from 'kysely'
import { Problem } from '../../../../contract/problems.ts'
import type { PublishReleaseInput } from '../../../../contract/release.ts'
import type { Tables } from '../../platform/database/tables.ts'
import type { AppRow } from '../store/apps.ts'
import { findLiveBase } from '../store/chains.ts'
import { findLiveRelease, findRelease, type Target } from '../store/releases.ts'
import { findVersion } from '../store/versions.ts'
import { unknownVersion } from '../versions/read-version.ts'

/** The 404 for a revision that is no release of this app. */
export const unknownRelease = (appId: string, revision: number): Problem =>
  new Problem('release_not_found', {
    detail: `${revision} is no release of ${appId}; GET /manage/v1/apps/${appId}/releases lists what it has.`,
  })

/** What a version of this app stands on when it is released on a channel now: its template's live release. Throws 409. */
export const findBase = async (db: Kysely<Tables>, app: AppRow, channel: string): Promise<number | null> => {
  if (app.extends === null) return null
  const base = await findLiveBase(db, app.extends, channel)
  if (base !== undefined) return base
  throw new Problem('template_not_released', {
    detail: `${app.app_id} extends ${app.extends}, which has no release yet. Release the template first: POST /manage/v1/apps/${app.extends}/releases.`,
  })
}

/** What a release asks for. A rollback names a whole snapshot, with the template as it was then. Throws 404 or 409. */
export const findTarget = async (
  db: Kysely<Tables>,
  app: AppRow,
  input: PublishReleaseInput,
): Promise<{ target: Target; kind: 'publish' | 'rollback' }> => {
  const appId = app.app_id
  if (input.rollbackTo !== undefined) {
    const before = await findRelease(db, appId, input.rollbackTo)
    if (!before) throw unknownRelease(appId, input.rollbackTo)
    const channel = input.channel ?? before.channel
    const target = { appId, channel, version: before.version, baseRevision: before.base_revision }
    return { target, kind: 'rollback' }
  }
  const channel = input.channel ?? 'stable'
  const version = input.configVersion ?? (await findPromoted(db, appId, input.promoteFrom ?? '', channel))
  if (!(await findVersion(db, appId, version))) throw unknownVersion(appId, version)
  return {
    target: { appId, channel, version, baseRevision: await findBase(db, app, channel) },
    kind: 'publish',
  }
}

const findPromoted = async (db: Kysely<Tables>, appId: string, from: string, to: string): Promise<string> => {
  const promoted = from === to ? undefined : await findLiveRelease(db, appId, from)
  if (promoted) return promoted.version
  throw new Problem('nothing_to_release', {
    detail:
      from === to
        ? `A release is promoted to another channel, and ${to} is its own.`
        : `Nothing is live on the channel ${from} of ${appId} that could be promoted.`,
  })
}
