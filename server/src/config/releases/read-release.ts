import { diffConfigs } from '../../../../contract/diff-configs.ts'
import type { ReleaseWithDiff } from '../../../../contract/release.ts'
import { findAppOrThrow, type Reader } from '../apps/find-app.ts'
import { effectiveOf } from '../effective.ts'
import { loadChains } from '../store/chains.ts'
import { findRelease, type ReleaseRow, toRelease } from '../store/releases.ts'
import { unknownRelease } from './find-target.ts'

/**
 * A release, and what it changed for clients: against what was live before it, or against another release of the app. Both
 * with the templates they stood on. Throws 404.
 */
export const readRelease = async (
  reader: Reader,
  appId: string,
  revision: number,
  against: number | undefined,
): Promise<ReleaseWithDiff> => {
  await findAppOrThrow(reader, appId)
  const find = async (which: number): Promise<ReleaseRow> => {
    const row = await findRelease(reader.db, appId, which)
    if (!row) throw unknownRelease(appId, which)
    return row
  }
  const row = await find(revision)
  const before = against === undefined ? row.previous_revision : (await find(against)).revision
  const chains = await loadChains(reader.db, before === null ? [revision] : [revision, before])
  const clientsGot = (which: number) => effectiveOf(chains.get(which) ?? [])
  return {
    ...toRelease(row),
    diff: diffConfigs(before === null ? null : clientsGot(before), clientsGot(revision)),
  }
}
