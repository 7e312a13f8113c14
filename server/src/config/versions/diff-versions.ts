import type { ConfigDiff } from '../../../../contract/config.ts'
import { diffConfigs, type VersionedConfig } from '../../../../contract/diff-configs.ts'
import { findAppOrThrow, type Reader } from '../apps/find-app.ts'
import { effectiveOf } from '../effective.ts'
import { loadChains } from '../store/chains.ts'
import { findLiveRelease } from '../store/releases.ts'
import { type Document, findVersion } from '../store/versions.ts'
import { loadBase } from './load-base.ts'
import { unknownVersion } from './read-version.ts'

interface Query {
  against?: string | undefined
  data: 'effective' | 'own'
}

/**
 * What a version changes: against another one, or against what is live on stable. Effective data of versions are those over
 * the template as it is live now; of what is live, what clients really get. Throws 404.
 */
export const diffVersions = async (
  reader: Reader,
  appId: string,
  version: string,
  { against, data }: Query,
): Promise<ConfigDiff> => {
  const { db } = reader
  const app = await findAppOrThrow(reader, appId)
  const load = async (name: string): Promise<Document> => {
    const row = await findVersion(db, appId, name)
    if (!row) throw unknownVersion(appId, name)
    return row.document as Document
  }
  const base = data === 'own' ? [] : await loadBase(db, app)
  const clientsWouldGet = (document: Document): VersionedConfig =>
    data === 'own' ? document : effectiveOf([...base, { appId, version: document.configVersion, document }])
  const to = clientsWouldGet(await load(version))
  if (against !== undefined) return diffConfigs(clientsWouldGet(await load(against)), to)
  return diffConfigs(await loadLive(reader, appId, data), to)
}

const loadLive = async (
  { db }: Reader,
  appId: string,
  data: Query['data'],
): Promise<VersionedConfig | null> => {
  const live = await findLiveRelease(db, appId, 'stable')
  if (!live) return null
  const layers = (await loadChains(db, [live.revision])).get(live.revision) ?? []
  return data === 'own' ? (layers.at(-1)?.document ?? null) : effectiveOf(layers)
}
