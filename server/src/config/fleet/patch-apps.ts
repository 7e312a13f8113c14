import semver from 'semver'
import { compareConfigs } from '../../../../contract/compare-configs.ts'
import type { JsonValue } from '../../../../contract/json.ts'
import { equalJson } from '../../../../contract/json-equal.ts'
import { mergePatch } from '../../../../contract/merge-patch.ts'
import { Problem } from '../../../../contract/problems.ts'
import { takeTurns } from '../../platform/take-turns.ts'
import type { Scope } from '../change.ts'
import { createBatchSize } from '../delivery/batch-size.ts'
import { effectiveOf, type Layer } from '../effective.ts'
import { type LiveOn, liveKey } from '../store/app-sets.ts'
import type { AppRow } from '../store/apps.ts'
import { loadChains } from '../store/chains.ts'
import { loadDocuments, nameOf } from '../store/documents.ts'
import { insertVersions, listVersionsOf, type NewVersion } from '../store/version-sets.ts'
import type { Document } from '../store/versions.ts'
import { checksumOf } from '../versions/checksum-of.ts'
import { raiseVersion } from '../versions/raise-version.ts'
import type { FleetRefusal } from './plan.ts'
import type { Versions } from './plan-fleet-release.ts'

type Why = Pick<FleetRefusal, 'code' | 'detail'>

interface Patching {
  apps: readonly AppRow[]
  input: { channel: string; reason?: string | undefined }
  live: ReadonlyMap<string, LiveOn>
  /** The release that each template's apps would stand on. */
  bases: ReadonlyMap<string, number>
  limits: { maxBytes: number }
  patch: Record<string, unknown>
}

/** Their documents are in memory at once, each up to a megabyte. */
const firstAtOnce = 5

/**
 * Patches the own data of what is live in each app, and saves it as the app's next version, numbered as `bump: auto` would.
 * Where the patch changes nothing, what is live stays the version.
 */
export const patchApps = async (scope: Scope, patching: Patching): Promise<Versions> => {
  const versions = new Map<string, string | Why>()
  const baseLayers = await loadChains(scope.db, [...patching.bases.values()])
  const size = createBatchSize(firstAtOnce)
  for (let at = 0; at < patching.apps.length; ) {
    const some = { ...patching, apps: patching.apps.slice(at, at + size.next()) }
    at += some.apps.length
    const { drafts, characters } = await draftVersions(scope, some, baseLayers, versions)
    await insertVersions(scope.db, drafts, scope.actor.name)
    size.learn(some.apps.length, characters)
  }
  return versions
}

const nothingLive: Why = { code: 'nothing_to_release', detail: 'nothing is live on the channel to patch.' }

/** The versions to be saved; notes in `versions` what each app is to get. */
const draftVersions = async (
  { db }: Scope,
  { apps, input, live, bases, limits, patch }: Patching,
  baseLayers: ReadonlyMap<number, readonly Layer[]>,
  versions: Map<string, string | Why>,
): Promise<{ drafts: NewVersion[]; characters: number }> => {
  const highest = await findHighest(db, apps)
  const names = apps.flatMap(({ app_id: appId }) => {
    const current = live.get(liveKey({ appId, channel: input.channel }))
    return current ? [current, { appId, version: highest.get(appId) ?? current.version }] : []
  })
  const documents = await loadDocuments(db, names)
  const documentOf = (appId: string, version: string): Document | undefined =>
    documents.get(nameOf({ appId, version }))?.document

  const drafts: NewVersion[] = []
  const turns = takeTurns()
  for (const app of apps) {
    await turns()
    const { app_id: appId } = app
    const current = live.get(liveKey({ appId, channel: input.channel }))
    const own = current && documentOf(appId, current.version)
    const predecessor = documentOf(appId, highest.get(appId) ?? '')
    if (!current || !own || !predecessor) {
      versions.set(appId, nothingLive)
      continue
    }
    const data = mergePatch(own.data as JsonValue, patch as JsonValue) as Document['data']
    if (equalJson(data, own.data)) {
      versions.set(appId, current.version)
      continue
    }
    const base = baseLayers.get(bases.get(app.extends ?? '') ?? 0) ?? []
    const named = nameVersion(appId, { ...own, data }, predecessor, base, limits)
    versions.set(appId, 'code' in named ? named : named.configVersion)
    if ('code' in named) continue
    drafts.push({ appId, document: named, checksum: checksumOf(named), note: input.reason ?? null })
  }
  const characters = [...documents.values()].reduce((sum, { length }) => sum + length, 0)
  return { drafts, characters }
}

const findHighest = async (db: Scope['db'], apps: readonly AppRow[]): Promise<Map<string, string>> => {
  const highest = new Map<string, string>()
  for (const { appId, version } of await listVersionsOf(
    db,
    apps.map((app) => app.app_id),
  )) {
    const known = highest.get(appId)
    if (known === undefined || semver.compareBuild(version, known) > 0) highest.set(appId, version)
  }
  return highest
}

/** The document under the next version, as `bump: auto` counts it: by what clients would get, over the same base. */
const nameVersion = (
  appId: string,
  content: Document,
  predecessor: Document,
  base: readonly Layer[],
  { maxBytes }: { maxBytes: number },
): Document | Why => {
  const bytes = Buffer.byteLength(JSON.stringify(content))
  if (bytes > maxBytes) {
    const detail = `its document would have ${bytes} bytes, and ${maxBytes} is the most.`
    return { code: 'body_too_large', detail }
  }
  const over = (document: Document) =>
    effectiveOf([...base, { appId, version: document.configVersion, document }])
  const { bump } = compareConfigs(over(predecessor), over(content))
  try {
    const configVersion = raiseVersion(predecessor.configVersion, bump === 'none' ? 'patch' : bump)
    return { ...content, configVersion }
  } catch (error) {
    if (error instanceof Problem) return { code: error.code, detail: error.message }
    throw error
  }
}
