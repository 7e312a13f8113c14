import type { Kysely } from 'kysely'
import { tagOf } from '../../../../contract/cache-tags.ts'
import type { Change } from '../../platform/changes/changes.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { insertPurges, type NewPurge } from '../store/purges.ts'
import type { Cdn } from './cdn.ts'

/** Tags in their order, as many together as one request to the CDN takes. */
export const fillRequests = (
  tags: readonly string[],
  { tagsMost, bytesMost = Number.POSITIVE_INFINITY }: Pick<Cdn, 'tagsMost' | 'bytesMost'>,
): string[][] => {
  const requests: string[][] = []
  let request: string[] = []
  let bytes = 0
  for (const tag of tags) {
    if (request.length === tagsMost || (request.length > 0 && bytes + tag.length > bytesMost)) {
      requests.push(request)
      request = []
      bytes = 0
    }
    request.push(tag)
    bytes += tag.length + 1
  }
  if (request.length > 0) requests.push(request)
  return requests
}

/** Notes in a transaction that each CDN has to forget these tags, or everything. */
export const queuePurges = (
  db: Kysely<Tables>,
  cdns: readonly Cdn[],
  tags: readonly string[] | 'everything',
  { repeats }: { repeats: boolean },
): Promise<void> => {
  const purges = cdns.flatMap((cdn): NewPurge[] => {
    const all = tags === 'everything' || tags.length > (cdn.everythingAbove ?? Number.POSITIVE_INFINITY)
    const requests = all ? [null] : fillRequests(tags, cdn)
    return requests.map((some) => ({ cdn: cdn.name, tags: some, repeats }))
  })
  return insertPurges(db, purges)
}

/**
 * Notes in the transaction of a change what CDNs have to forget of it, twice: what a CDN fetches before every node has heard of
 * the change, it has to forget again.
 */
export const queueChanges = async (
  db: Kysely<Tables>,
  cdns: readonly Cdn[],
  changes: readonly Change[],
): Promise<void> => {
  if (cdns.length === 0 || changes.length === 0) return
  const tags = [...new Set(changes.map(({ appId }) => tagOf(appId)))]
  await queuePurges(db, cdns, tags, { repeats: true })
}
