import { type Kysely, sql } from 'kysely'
import type { Change } from '../../platform/changes/changes.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { takeTurns } from '../../platform/take-turns.ts'
import { type Candidate, type ReleaseInSnapshot, type Snapshot, snapshotKey } from '../delivery/snapshot.ts'
import { effectiveOf, type Layer } from '../effective.ts'
import { loadChains } from './chains.ts'
import { nameOf, type TemplateDocuments } from './documents.ts'
import type { Document } from './versions.ts'

export interface Absent {
  state: 'absent'
  why: 'unknown' | 'unreleased'
}

interface Asked {
  appId: string
  channel: string
}

/** What is live on one channel, with the app's own document; the templates' are loaded where there are any. */
interface LiveRow {
  app_id: string
  channel: string
  kind: 'app' | 'template' | null
  archived_at: Date | null
  app_revision: number
  poll_seconds: number | null
  access: 'public' | 'key' | null
  allowed_origins: string[] | null
  labels: Record<string, string> | null
  sequence: number | null
  candidate_revision: number | null
  rollout_id: number | null
  revision: number | null
  version: string | null
  base_revision: number | null
  released_at: Date | null
  /** As text: of hundreds, parsing takes too long to be done at once. */
  document: string | null
  shares_second: boolean
}

/**
 * What is live for each of these apps and channels, by snapshotKey; `absent` where there is nothing to serve, and why. One
 * statement; further ones only where something stands on a template or is being rolled out.
 */
export const findSnapshots = async (
  db: Kysely<Tables>,
  asked: readonly Asked[],
  templates?: TemplateDocuments,
): Promise<Map<string, Snapshot | Absent>> => {
  const rows = await listLive(db, asked)
  const own = await parseDocuments(rows)
  const chains = await loadChains(
    db,
    rows.flatMap((row) => [
      ...(row.base_revision !== null && row.revision !== null ? [row.revision] : []),
      ...(row.candidate_revision !== null ? [row.candidate_revision] : []),
    ]),
    { own, ...(templates && { templates }) },
  )
  const stages = await listStages(db, rows)
  const found = new Map<string, Snapshot | Absent>()
  const turns = takeTurns()
  for (const row of rows) {
    await turns()
    const document = own.get(nameOf({ appId: row.app_id, version: row.version ?? '' }))
    const snapshot = snapshotOf(row, document, chains, stages.get(row.candidate_revision ?? 0))
    found.set(snapshotKey(row.app_id, row.channel), snapshot)
  }
  return found
}

/** The apps' own documents, by nameOf. */
const parseDocuments = async (rows: readonly LiveRow[]): Promise<Map<string, Document>> => {
  const own = new Map<string, Document>()
  const turns = takeTurns()
  for (const { app_id: appId, version, document } of rows) {
    await turns()
    if (version && document) own.set(nameOf({ appId, version }), JSON.parse(document) as Document)
  }
  return own
}

/**
 * One app is asked for by its own parameters, so that the planner knows its partition. Documents are found by subqueries:
 * each by its whole key, whatever the statistics of a fleet that has just been loaded say.
 */
const listLive = async (db: Kysely<Tables>, asked: readonly Asked[]): Promise<LiveRow[]> => {
  const [one, ...others] = asked
  if (!one) return []
  const source =
    others.length === 0
      ? sql`(select ${one.appId}::text as "appId", ${one.channel}::text as channel)`
      : sql`jsonb_to_recordset(${JSON.stringify(asked)}::jsonb)`
  const columns = others.length === 0 ? sql`` : sql`("appId" text, channel text)`
  const { rows } = await sql<LiveRow>`
    select asked."appId" as app_id, asked.channel, a.kind, a.archived_at, a.revision as app_revision,
      a.poll_seconds, a.access, a.allowed_origins, a.labels, c.sequence, c.candidate_revision, c.rollout_id, r.revision, r.version, r.base_revision, r.released_at,
      (select d.document::text from configs d where d.app_id = asked."appId" and d.version = r.version) as document,
      coalesce(date_trunc('second', r.released_at) = (
        select date_trunc('second', p.released_at) from releases p where p.revision = r.previous_revision
      ), false) as shares_second
    from ${source} as asked${columns}
    left join apps a on a.app_id = asked."appId"
    left join channels c on c.app_id = asked."appId" and c.channel = asked.channel
    left join releases r on r.revision = c.revision`.execute(db)
  return rows
}

/** How far a rollout has brought its candidate. */
interface Stage {
  releasedAt: Date
  percent: number
}

/** By the candidate's revision; asked only where there is one. */
const listStages = async (db: Kysely<Tables>, rows: readonly LiveRow[]): Promise<Map<number, Stage>> => {
  const open = rows.flatMap(({ candidate_revision: revision, rollout_id: rolloutId }) =>
    revision !== null && rolloutId !== null ? [{ revision, rolloutId }] : [],
  )
  if (open.length === 0) return new Map()
  const { rows: stages } = await sql<{ revision: number; released_at: Date; percent: string }>`
    select r.revision, r.released_at, o.percent
    from jsonb_to_recordset(${JSON.stringify(open)}::jsonb) as open(revision bigint, "rolloutId" bigint)
    join releases r on r.revision = open.revision
    join rollouts o on o.rollout_id = open."rolloutId"`.execute(db)
  return new Map(
    stages.map((row) => [row.revision, { releasedAt: row.released_at, percent: Number(row.percent) }]),
  )
}

const snapshotOf = (
  row: LiveRow,
  document: Document | undefined,
  chains: ReadonlyMap<number, readonly Layer[]>,
  stage: Stage | undefined,
): Snapshot | Absent => {
  const { app_id: appId, channel } = row
  if (row.kind === null || row.kind === 'template') return { state: 'absent', why: 'unknown' }
  const sequence = Math.max(row.app_revision, row.sequence ?? 0)
  // A channel without a release tells nobody that its app is back from the archive, so nothing is held of it.
  if (row.archived_at && (row.revision !== null || channel === 'stable')) {
    return { sequence, state: 'archived', appId, channel }
  }
  if (row.revision === null || !document || !row.version || !row.released_at) {
    return { state: 'absent', why: 'unreleased' }
  }
  const own: Layer = { appId, version: row.version, document }
  const live: ReleaseInSnapshot = {
    revision: row.revision,
    releasedAt: row.released_at.toISOString(),
    config: effectiveOf(chains.get(row.revision) ?? [own]),
  }
  const candidate = candidateOf(row, chains, stage)
  return {
    sequence,
    state: 'released',
    appId,
    channel,
    ...live,
    sharesSecond: row.shares_second,
    pollSeconds: row.poll_seconds,
    ...readableBy(row),
    ...(candidate && { candidate }),
  }
}

/** Who may read it, where that is not everybody. */
const readableBy = ({ access, allowed_origins: allowedOrigins, labels }: LiveRow) => ({
  ...(access === 'key' && { access }),
  ...(allowedOrigins && { allowedOrigins }),
  ...(labels && Object.keys(labels).length > 0 && { labels }),
})

const candidateOf = (
  { candidate_revision: revision, rollout_id: rolloutId }: LiveRow,
  chains: ReadonlyMap<number, readonly Layer[]>,
  stage: Stage | undefined,
): Candidate | undefined => {
  const layers = chains.get(revision ?? 0)
  if (!layers || !stage || revision === null || rolloutId === null) return undefined
  return {
    revision,
    releasedAt: stage.releasedAt.toISOString(),
    config: effectiveOf(layers),
    rolloutId,
    percent: stage.percent,
  }
}

/** Read as a text: the rows of a template's release, each by itself, would keep the main thread for long. */
const changesInPage = 250

/** What changed since a time of the database's own clock, and what that clock says now. */
export const listChangesSince = async (
  db: Kysely<Tables>,
  since: Date,
): Promise<{ changes: Change[]; now: Date }> => {
  const { rows: clock } = await sql<{ now: Date }>`select clock_timestamp() as now`.execute(db)
  const { rows: pages } = await sql<{ text: string }>`
    with changed as (
      select c.app_id, c.channel, greatest(c.sequence, a.revision) as sequence, row_number() over () as place
      from (select distinct app_id from configs where updated_at > ${since}) touched
      join apps a on a.app_id = touched.app_id
      join channels c on c.app_id = touched.app_id
    )
    select jsonb_agg(jsonb_build_object('appId', app_id, 'channel', channel, 'sequence', sequence))::text as text
    from changed group by place / ${changesInPage}`.execute(db)
  const changes: Change[] = []
  const turns = takeTurns()
  for (const { text } of pages) {
    await turns()
    changes.push(...(JSON.parse(text) as Change[]))
  }
  return { changes, now: clock[0]?.now ?? since }
}

/** The clock of the database, by which changes are dated. */
export const readClock = async (db: Kysely<Tables>): Promise<Date> => {
  const { rows } = await sql<{ now: Date }>`select clock_timestamp() as now`.execute(db)
  return rows[0]?.now ?? new Date(0)
}
