import type { ConfigVersion, SavedVersion, SaveVersionInput } from '../../../../contract/config.ts'
import type { Attributes } from '../../../../contract/targeting.ts'
import type { Answer } from '../../platform/idempotency/once.ts'
import { lockAppOrThrow, refuseArchived } from '../apps/find-app.ts'
import type { Scope } from '../change.ts'
import { checkVersion } from '../schemas/check-version.ts'
import { type Document, insertVersion, toConfigVersion } from '../store/versions.ts'
import { checkAppVersions } from './check-app-versions.ts'
import { checkTargeting } from './check-targeting.ts'
import { checksumOf } from './checksum-of.ts'
import { type Content, chooseVersion, versionExists } from './choose-version.ts'
import { loadBase } from './load-base.ts'

/**
 * Saves an immutable version; it reaches nobody until it is released. Throws 404, 409 (archived, or the version exists) or
 * 422 where the version is too low for what changes, or the document contradicts itself, breaks a schema or has a rule that
 * cannot be used.
 */
export const saveVersion = async (scope: Scope, appId: string, input: SaveVersionInput): Promise<Answer> => {
  const app = await lockAppOrThrow(scope, appId)
  refuseArchived(app)
  const base = await loadBase(scope.db, app)
  const content = contentOf(input)
  const { attributes, warnings } = await checkTargeting(scope.db, app, { base, content })
  const { configVersion, forced } = await chooseVersion(scope.db, { appId, base, content }, input)
  const document: Document = { configVersion, ...content, ...withAttributes(attributes) }
  const layers = [...base, { appId, version: configVersion, document }]
  checkAppVersions(layers)
  await checkVersion(scope, app, layers)
  const version = await insert(scope, appId, document, input.note ?? null)
  await scope.audit({
    action: 'version.save',
    appId,
    target: configVersion,
    before: null,
    after: forced.length > 0 ? { ...version, forced } : version,
  })
  return {
    status: 201,
    headers: { location: `/manage/v1/apps/${appId}/configs/${encodeURIComponent(configVersion)}` },
    body: { ...version, ...(warnings.length > 0 && { warnings }) } satisfies SavedVersion,
  }
}

type Said = 'minimumAppVersion' | 'recommendedAppVersion' | 'deprecationDate' | 'data' | 'overrides' | 'flags'

/** The part of a document that is not said but found out. */
export const withAttributes = (attributes: Attributes): Pick<Document, 'attributes'> =>
  Object.keys(attributes).length > 0 ? { attributes } : {}

/** What is said of a version, and no more: an absent field is not null, and no overrides or flags are as good as absent. */
export const contentOf = (input: Pick<SaveVersionInput, Said>): Content => ({
  ...(input.minimumAppVersion !== undefined && { minimumAppVersion: input.minimumAppVersion }),
  ...(input.recommendedAppVersion !== undefined && { recommendedAppVersion: input.recommendedAppVersion }),
  ...(input.deprecationDate !== undefined && { deprecationDate: input.deprecationDate }),
  data: input.data,
  ...(input.overrides?.length && { overrides: input.overrides }),
  ...(input.flags && Object.keys(input.flags).length > 0 && { flags: input.flags }),
})

const insert = async (
  scope: Scope,
  appId: string,
  document: Document,
  note: string | null,
): Promise<ConfigVersion> => {
  const checksum = checksumOf(document)
  const row = await insertVersion(scope.db, { appId, document, checksum, note, createdBy: scope.actor.name })
  if (!row) throw versionExists(appId, document.configVersion)
  return toConfigVersion(row)
}
