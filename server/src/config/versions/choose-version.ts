import type { Kysely } from 'kysely'
import semver from 'semver'
import { type ConfigChanges, compareConfigs } from '../../../../contract/compare-configs.ts'
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
 * judged by what clients would get, this document and its predecessor both over `base`. Throws 409 (version_exists) and 422
 * (version_too_low, unless forced; invalid_version where the numbers end).
 */
export const chooseVersion = async (
  db: Kysely<Tables>,
  { appId, base, content }: { appId: string; base: readonly Layer[]; content: Content },
  { configVersion: given, bump = 'auto', force = false }: SaveVersionInput,
): Promise<Chosen> => {
  const names = semver.sort(await listVersionNames(db, appId))
  if (given !== undefined && names.includes(given)) throw versionExists(appId, given)
  const predecessor = names.findLast((name) => given === undefined || semver.compareBuild(name, given) < 0)
  if (predecessor === undefined) return { configVersion: given ?? firstVersion(bump), forced: [] }

  const found = await compareWith(db, predecessor, appId, base, content)
  if (given === undefined && bump === 'auto') {
    return {
      configVersion: raiseVersion(predecessor, found.bump === 'none' ? 'patch' : found.bump),
      forced: [],
    }
  }
  const configVersion = given ?? raiseVersion(predecessor, bump === 'auto' ? 'patch' : bump)
  const tooLow = judgeVersion(configVersion, predecessor, found)
  if (tooLow && !force) {
    throw problemOf([{ ...tooLow, pointer: given === undefined ? '/bump' : '/configVersion' }])
  }
  return { configVersion, forced: tooLow ? [tooLow] : [] }
}

/** A config that nobody counted starts as 1.0.0; a part that was asked for is counted from 0.0.0. */
const firstVersion = (bump: NonNullable<SaveVersionInput['bump']>): string =>
  bump === 'auto' ? '1.0.0' : raiseVersion('0.0.0', bump)

const compareWith = async (
  db: Kysely<Tables>,
  predecessor: string,
  appId: string,
  base: readonly Layer[],
  content: Content,
): Promise<ConfigChanges> => {
  const row = await findVersion(db, appId, predecessor)
  if (!row) throw new Error(`${appId} lost its version ${predecessor}`)
  const over = (document: Document) =>
    effectiveOf([...base, { appId, version: document.configVersion, document }])
  return compareConfigs(over(row.document as Document), over({ configVersion: '', ...content }))
}
