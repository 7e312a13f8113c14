import type { ColumnType, Generated, GeneratedAlways } from 'kysely'
import type { AlertTables } from './alert-tables.ts'
import type { AnalyticsTables } from './analytics-tables.ts'
import type { Json, OptionalJson, Stamped } from './columns.ts'

export interface AppsTable {
  app_id: string
  kind: Generated<'app' | 'template'>
  name: string
  extends: string | null
  access: Generated<'public' | 'key'>
  labels: ColumnType<unknown, string | undefined, string>
  schema: OptionalJson
  attributes: OptionalJson
  /** A release of it, or of what extends it, needs another person's approval. */
  requires_approval: Generated<boolean>
  /** Seconds between two questions of a device; null: as the setting says. */
  poll_seconds: number | null
  /** Pages of which origins may read it; null: of any. */
  allowed_origins: OptionalJson
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
  /** The template's release this one stands on. */
  base_revision: number | null
  previous_revision: number | null
  kind: 'publish' | 'rollback' | 'rollout' | 'template'
  rollout: OptionalJson
  rollout_id: number | null
  fleet_release_id: number | null
  deprecation_date: string | null
  actor: string
  reason: string | null
  released_at: Stamped
}

/** What is live; `sequence` is drawn anew at each change of what the channel's devices get. */
export interface ChannelsTable {
  app_id: string
  channel: string
  revision: number
  candidate_revision: number | null
  rollout_id: number | null
  /** Of the live release; changes with `revision`. */
  deprecation_date: string | null
  sequence: Generated<number>
  updated_at: Stamped
}

export interface RolloutsTable {
  rollout_id: Generated<number>
  state: Generated<'running' | 'paused' | 'baking' | 'completed' | 'aborted' | 'rolled_back'>
  plan: Json
  /** `numeric`, which drivers read as text. */
  percent: ColumnType<string, number | undefined, number>
  step: Generated<number>
  next_step_at: Date | null
  next_look_at: Date | null
  reason: string | null
  app_id: string | null
  channel: string | null
  revision: number | null
  apps: Generated<number>
  actor: string
  started_at: Stamped
  updated_at: Stamped
  ended_at: Date | null
}

export interface RolloutSignalsTable {
  signal_id: GeneratedAlways<number>
  rollout_id: number
  source: string
  decision: 'go' | 'hold' | 'rollback'
  reason: string | null
  actor: string
  created_at: Stamped
  expires_at: Date | null
}

export interface FleetReleasesTable {
  fleet_release_id: Generated<number>
  request: Json
  rolls_back: number | null
  apps: number
  actor: string
  reason: string | null
  created_at: Stamped
}

export interface FreezesTable {
  freeze_id: GeneratedAlways<number>
  app_id: string | null
  until: Date
  reason: string
  actor: string
  created_at: Stamped
  ended_at: Date | null
  ended_by: string | null
}

export interface SchedulesTable {
  schedule_id: GeneratedAlways<number>
  app_id: string
  release: Json
  due_at: Date
  state: Generated<'pending' | 'released' | 'failed' | 'cancelled'>
  revision: number | null
  failure: OptionalJson
  actor: string
  created_at: Stamped
  ended_at: Date | null
  ended_by: string | null
}

export interface ProposalsTable {
  proposal_id: GeneratedAlways<number>
  app_id: string
  release: Json
  channel: string
  version: string
  base_revision: number | null
  live_revision: number | null
  state: Generated<'open' | 'released' | 'rejected' | 'withdrawn'>
  revision: number | null
  actor: string
  created_at: Stamped
  decided_by: string | null
  decided_at: Date | null
}

export interface ProposalCommentsTable {
  comment_id: GeneratedAlways<number>
  proposal_id: number
  actor: string
  text: string
  created_at: Stamped
}

export interface ApiKeysTable {
  key_id: string
  name: string
  role: 'client' | 'viewer' | 'editor' | 'publisher' | 'admin'
  app_ids: string[] | null
  labels: OptionalJson
  channel: string | null
  /** SHA-256 of the key. */
  hash: Uint8Array
  previous_hash: Uint8Array | null
  previous_expires_at: Date | null
  expires_at: Date | null
  revoked_at: Date | null
  last_used_on: ColumnType<Date | null, string | null | undefined, string | null>
  created_by: string
  created_at: Stamped
}

/** A policy, or an exception to one, which has null where it is as its policy. */
export interface LimitsTable {
  name: string
  policy: GeneratedAlways<string>
  per: 'key' | 'app' | 'ip' | 'route' | null
  route_class: string | null
  app_ids: string[] | null
  key_ids: string[] | null
  quota: number
  window_seconds: number
  cost: OptionalJson
  mode: 'shared' | 'exact' | 'process' | null
  is_enabled: Generated<boolean>
  note: string | null
  revision: number
  created_at: Stamped
  updated_at: Stamped
}

/** One row: the state of all limits together; whoever changes one draws `nextval('revisions')` here first. */
export interface LimitsStateTable {
  singleton: GeneratedAlways<boolean>
  revision: number
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

/** One row: where the chain of the audit log ends; id 0 before its first row. Written by a trigger. */
export interface AuditHeadTable {
  singleton: GeneratedAlways<boolean>
  id: GeneratedAlways<number>
  hash: GeneratedAlways<Uint8Array | null>
}

export interface OutboxTable {
  id: GeneratedAlways<number>
  app_id: string
  channel: string
  sequence: number
  created_at: Stamped
  /** Nobody else tells of it before. */
  claimed_until: Stamped
}

/** What a CDN has to forget, and what came of it. */
export interface CdnPurgesTable {
  purge_id: GeneratedAlways<number>
  cdn: string
  /** null: everything. */
  tags: OptionalJson
  state: Generated<'waiting' | 'again' | 'done' | 'failed'>
  /** Done a second time a little later. */
  repeats: boolean
  attempts: Generated<number>
  last_error: string | null
  due_at: Stamped
  created_at: Stamped
  ended_at: Date | null
}

export interface CdnStatesTable {
  cdn: string
  not_before: Stamped
  /** In a row. */
  failures: Generated<number>
  last_error: string | null
  last_error_at: Date | null
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
export interface Tables extends AnalyticsTables, AlertTables {
  apps: AppsTable
  configs: ConfigsTable
  releases: ReleasesTable
  channels: ChannelsTable
  rollouts: RolloutsTable
  rollout_signals: RolloutSignalsTable
  fleet_releases: FleetReleasesTable
  freezes: FreezesTable
  schedules: SchedulesTable
  proposals: ProposalsTable
  proposal_comments: ProposalCommentsTable
  api_keys: ApiKeysTable
  limits: LimitsTable
  limits_state: LimitsStateTable
  audit_log: AuditLogTable
  audit_head: AuditHeadTable
  outbox: OutboxTable
  idempotency_keys: IdempotencyKeysTable
  cdn_purges: CdnPurgesTable
  cdn_states: CdnStatesTable
}
