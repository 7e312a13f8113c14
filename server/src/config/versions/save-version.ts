import { createHash } from 'node:crypto'
import semver from 'semver'
import type { SaveVersionInput } from '../../../../contract/config.ts'
import { Problem } from '../../../../contract/problems.ts'
import type { Answer } from '../../platform/idempotency/once.ts'
import { lockAppOrThrow, refuseArchived } from '../apps/find-app.ts'
import type { Scope } from '../change.ts'
import { type Document, insertVersion, listVersionNames, toConfigVersion } from '../store/versions.ts'

/** Saves an immutable version; it reaches nobody until it is released. Throws 404, or 409 when the version exists. */
export const saveVersion = async (scope: Scope, appId: string, input: SaveVersionInput): Promise<Answer> => {
  refuseArchived(await lockAppOrThrow(scope, appId))
  const configVersion =
    input.configVersion ??
    (await nextVersion(scope, appId, input.bump === 'auto' ? 'patch' : (input.bump ?? 'patch')))
  const document: Document = {
    configVersion,
    ...(input.minimumAppVersion !== undefined && { minimumAppVersion: input.minimumAppVersion }),
    ...(input.recommendedAppVersion !== undefined && { recommendedAppVersion: input.recommendedAppVersion }),
    ...(input.deprecationDate !== undefined && { deprecationDate: input.deprecationDate }),
    data: input.data,
  }
  const row = await insertVersion(scope.db, {
    appId,
    document,
    checksum: createHash('sha256').update(canonicalJson(document)).digest('hex'),
    note: input.note ?? null,
    createdBy: scope.actor.name,
  })
  if (!row) {
    throw new Problem('version_exists', {
      detail: `The app ${appId} has a version ${configVersion}, and versions never change. Save this one under a higher version, or with "bump".`,
    })
  }
  const version = toConfigVersion(row)
  await scope.audit({ action: 'version.save', appId, target: configVersion, before: null, after: version })
  return {
    status: 201,
    headers: { location: `/manage/v1/apps/${appId}/configs/${encodeURIComponent(configVersion)}` },
    body: version,
  }
}

/** The part raised above the highest version there is; the first one counts from 0.0.0. */
const nextVersion = async (
  scope: Scope,
  appId: string,
  part: 'major' | 'minor' | 'patch',
): Promise<string> => {
  const highest = semver.rsort(await listVersionNames(scope.db, appId))[0] ?? '0.0.0'
  const next = semver.inc(highest, part)
  // semver counts beyond its own bound, and what it cannot read itself could be neither listed nor raised again.
  if (next !== null && semver.valid(next) !== null) return next
  throw new Problem('invalid_version', {
    detail: `There is no ${part} version above ${highest}: its numbers end at ${Number.MAX_SAFE_INTEGER}. Give a configVersion.`,
  })
}

/** JSON with the keys of every object in one order, so that a checksum depends on the content alone. */
const canonicalJson = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
