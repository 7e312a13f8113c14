import type { Kysely } from 'kysely'
import semver from 'semver'
import { type ConfigChanges, compareConfigs } from '../../../../contract/compare-configs.ts'
import type { Bump } from '../../../../contract/compare-data.ts'
import type { SaveVersionInput } from '../../../../contract/config.ts'
import { Problem, type ProblemError, problemOf } from '../../../../contract/problems.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { effectiveOf, type Layer } from '../effective.ts'
import { type Document, findVersion, listVersionNames } from '../store/versions.ts'
import { judgeVersion } from './judge-version.ts'
import { raiseVersion } from './raise-version.ts'

/** What a version says, before it has a name. */
export type Content = Omit<Document, 'configVersion'>

/** What a document is called, and what had to be forced for it. */
interface Chosen {
  configVersion: string
  forced: ProblemError[]
}

/** The 409 for a version that an app has. */
export const versionExists = (appId: string, version: string): Problem =>
  new Problem('version_exists', {
    detail: `The app ${appId} has a version ${version}, and versions never change. Save this one under a higher version, or with "bump".`,
  })

/**
 * The version under which an app's document is to be saved: the one given, or the highest there is, raised. A change is
 * judged by what clients would get, this document and the highest release below it both over `base`; pre-releases promise
 * nothing. Throws 409 (version_exists) and 422 (version_too_low, unless forced; invalid_version where the numbers end).
 */
export const chooseVersion = async (
  db: Kysely<Tables>,
  { appId, base, content }: { appId: string; base: readonly Layer[]; content: Content },
  { configVersion: given, bump = 'auto', force = false }: SaveVersionInput,
): Promise<Chosen> => {
  const names = semver.sort(await listVersionNames(db, appId))
  if (given !== undefined && names.includes(given)) throw versionExists(appId, given)
  const below = given === undefined ? names : names.filter((name) => semver.compareBuild(name, given) < 0)
  const release = below.findLast((name) => semver.prerelease(name) === null)
  const found = release === undefined ? noChange : await compareWith(db, release, appId, base, content)

  if (given === undefined && bump === 'auto') {
    return { configVersion: raiseByChange(below.at(-1), release, found.bump), forced: [] }
  }
  const part = bump === 'auto' ? 'patch' : bump
  const configVersion = given ?? raiseVersion(below.at(-1) ?? '0.0.0', part)
  const tooLow = release === undefined ? undefined : judgeVersion(configVersion, release, found)
  if (tooLow && !force) {
    throw problemOf([{ ...tooLow, pointer: given === undefined ? '/bump' : '/configVersion' }])
  }
  return { configVersion, forced: tooLow ? [tooLow] : [] }
}

const noChange: ConfigChanges = { bump: 'none', changes: [] }

/** Above all there is, and as far above the highest release as the change deserves; a config nobody counted yet is 1.0.0. */
const raiseByChange = (highest: string | undefined, release: string | undefined, bump: Bump): string => {
  if (highest === undefined) return '1.0.0'
  const deserved = release === undefined ? highest : raiseVersion(release, bump === 'none' ? 'patch' : bump)
  return semver.gt(deserved, highest) ? deserved : raiseVersion(highest, 'patch')
}

const compareWith = async (
  db: Kysely<Tables>,
  release: string,
  appId: string,
  base: readonly Layer[],
  content: Content,
): Promise<ConfigChanges> => {
  const row = await findVersion(db, appId, release)
  if (!row) throw new Error(`${appId} lost its version ${release}`)
  const over = (document: Document) =>
    effectiveOf([...base, { appId, version: document.configVersion, document }])
  return compareConfigs(over(row.document as Document), over({ configVersion: '', ...content }))
}
