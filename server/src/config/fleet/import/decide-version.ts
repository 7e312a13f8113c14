import type { VersionLine } from '../../../../../contract/fleet-lines.ts'
import { Problem } from '../../../../../contract/problems.ts'
import { requireScope } from '../../../platform/auth/authenticate.ts'
import { nameOf } from '../../store/documents.ts'
import type { NewVersion } from '../../store/version-sets.ts'
import type { Document } from '../../store/versions.ts'
import { checkAppVersions } from '../../versions/check-app-versions.ts'
import { checksumOf } from '../../versions/checksum-of.ts'
import { contentOf, withAttributes } from '../../versions/save-version.ts'
import { declaredBy, vetRules } from '../../versions/vet-rules.ts'
import type { Deciding } from './decide-app.ts'
import { chainAbove, type KnownApp } from './known.ts'

/** The app a line speaks of. Throws 404 or 403. */
export const knownApp = ({ actor, known }: Pick<Deciding, 'actor' | 'known'>, appId: string): KnownApp => {
  const app = known.apps.get(appId)
  if (!app) {
    throw new Problem('app_not_found', {
      detail: `There is no app ${appId} yet. Put its line before this one.`,
    })
  }
  requireScope(actor, { app_id: appId, labels: app.labels })
  return app
}

/**
 * The version to be saved; undefined where the app has it. A history is taken as it was: it need not be numbered as its
 * changes deserve, and only what is released is held to the schemas. Throws 409 where the app has another one of this name, and
 * 422 for rules that cannot be used.
 */
export const decideVersion = (
  deciding: Pick<Deciding, 'actor' | 'known'>,
  says: VersionLine,
): (NewVersion & { isPlanned: boolean }) | undefined => {
  const { appId, configVersion } = says
  const app = knownApp(deciding, appId)
  const content = contentOf(says)
  const checksum = checksumOf({ configVersion, ...content })
  const name = nameOf({ appId, version: configVersion })
  const before = deciding.known.versions.get(name)
  if (before && before.checksum !== checksum) throw another(appId, configVersion, 'other content')
  if (before && says.note !== undefined && says.note !== before.note) {
    throw another(appId, configVersion, 'another note')
  }
  if (before) return undefined
  const declared = declaredBy([app, ...chainAbove(deciding.known.apps, appId)].map((one) => one.attributes))
  const { attributes } = vetRules(content, { ...declared, ...says.attributes })
  const document: Document = { configVersion, ...content, ...withAttributes(attributes) }
  checkAppVersions([{ appId, version: configVersion, document }])
  const note = says.note ?? null
  deciding.known.versions.set(name, { checksum, note, isPlanned: app.isPlanned })
  return { appId, document, checksum, note, isPlanned: app.isPlanned }
}

const another = (appId: string, version: string, what: string): Problem =>
  new Problem('version_exists', {
    detail: `The app ${appId} has a version ${version} with ${what}, and versions never change. Give this one a higher number.`,
  })
