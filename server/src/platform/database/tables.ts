import type { ColumnType, Generated, GeneratedAlways } from 'kysely'

/** Read as the parsed value, written as JSON text: drivers disagree on what a JavaScript array becomes. */
type Json = ColumnType<unknown, string, string>
type OptionalJson = ColumnType<unknown, string | null | undefined, string | null>
/** `timestamptz`, to the millisecond where it is read. */
type Stamped = ColumnType<Date, Date | undefined, Date>

export interface AppsTable {
  app_id: string
  kind: Generated<'app' | 'template'>
  name: string
  extends: string | null
  access: Generated<'public' | 'key'>
  labels: ColumnType<unknown, string | undefined, string>
  schema: OptionalJson
  attributes: OptionalJson
  /** The state of the row: draw `nextval('revisions')` at each change of it. */
  revision: Generated<number>
  created_at: Stamped
  updated_at: Stamped
  archived_at: Date | null
}

/** Immutable but for `updated_at`, which a release or an archive sets to `clock_timestamp()`. */
export interface ConfigsTable {
  app_id: string
  version: string
  document: Json
  checksum: string
  note: string | null
  created_by: string
  created_at: Stamped
  updated_at: Stamped
}

/** Append-only; `revision` grows for ever. */
export interface ReleasesTable {
  revision: Generated<number>
  app_id: string
  channel: Generated<string>
  version: string
  base_version: string | null
  kind: 'publish' | 'rollback' | 'rollout' | 'template'
  rollout: OptionalJson
  actor: string
  reason: string | null
  released_at: Stamped
}

/** Append-only; `id`, `at` and the hashes are set by a trigger, in read committed transactions only. */
export interface AuditLogTable {
  id: GeneratedAlways<number>
  at: GeneratedAlways<Date>
  actor: string
  action: string
  app_id: string | null
  target: string | null
  before: OptionalJson
  after: OptionalJson
  reason: string | null
  request_id: string | null
  previous_hash: GeneratedAlways<Uint8Array | null>
  hash: GeneratedAlways<Uint8Array>
}

export interface OutboxTable {
  id: GeneratedAlways<number>
  app_id: string
  channel: string
  sequence: number
  created_at: Stamped
}

export interface IdempotencyKeysTable {
  actor: string
  key: string
  fingerprint: string
  status: number | null
  headers: OptionalJson
  body: string | null
  created_at: Stamped
}

/** The tables as Kysely types them. `bigint` is read as number, `timestamptz` as Date, `jsonb` parsed. */
export interface Tables {
  apps: AppsTable
  configs: ConfigsTable
  releases: ReleasesTable
  audit_log: AuditLogTable
  outbox: OutboxTable
  idempotency_keys: IdempotencyKeysTable
}
