import { type Kysely, sql } from 'kysely'
import type { Tables } from '../../platform/database/tables.ts'
import { textArray } from '../../platform/database/text-array.ts'
import { readChains } from './find-silence.ts'
import type { Change } from './message.ts'

const shownMost = 5
/** Of a release over the fleet there are as many rows as apps. */
const readMost = 500

interface Row {
  revision: number
  app_id: string
  channel: string
  version: string
  kind: string
  actor: string
  reason: string | null
  released_at: Date
  fleet_release_id: number | null
}

/**
 * What was released in the last day, the newest first: of these apps and the templates above them, or where none is given of any.
 * The apps of one release over the fleet count as one.
 */
export const listChanges = async (
  db: Kysely<Tables>,
  appIds: readonly (string | null)[],
): Promise<Change[]> => {
  const named = appIds.filter((appId) => appId !== null)
  const ofAll = named.length < appIds.length || named.length === 0
  const chains = ofAll ? [] : [...(await readChains(db, named)).values()].flat()
  const ofThese = ofAll ? sql`true` : sql`app_id = any (${textArray([...new Set(chains)])})`
  const { rows } = await sql<Row>`
    select revision, app_id, channel, version, kind, actor, reason, released_at, fleet_release_id from releases
    where ${ofThese} and released_at > clock_timestamp() - interval '1 day'
    order by revision desc limit ${readMost}`.execute(db)
  const changes = new Map<string, Change>()
  for (const row of rows) {
    const together = row.fleet_release_id ?? row.revision
    const known = changes.get(String(together))
    if (known) known.apps += 1
    else changes.set(String(together), toChange(row))
  }
  return [...changes.values()].slice(0, shownMost)
}

const toChange = (row: Row): Change => ({
  revision: row.revision,
  appId: row.app_id,
  channel: row.channel,
  configVersion: row.version,
  kind: row.kind,
  actor: row.actor,
  reason: row.reason,
  releasedAt: row.released_at.toISOString(),
  apps: 1,
})
