import type { ColumnType, Generated, GeneratedAlways } from 'kysely'
import type { Json, OptionalJson, Stamped } from './columns.ts'

/** What has arrived and is not folded yet. */
export interface ShipmentsTable {
  shipment_id: GeneratedAlways<number>
  sender: string
  number: number
  received_at: Stamped
  /** JSON (contract/shipment.ts). */
  body: Uint8Array
}

export interface ShipmentSendersTable {
  sender: string
  /** `int8multirange`. */
  numbers: string
  folded_at: Date
}

/** Of an app, of all apps below a template (`fleet-template/*`), or of the fleet (`*`), in one minute, hour or day. */
export interface RollupsTable {
  at: Date
  scope: string
  requests: number
  unchanged: number
  refused: number
  errors: number
  hits: number
  devices: number
  /** Written by platform/tally/write-tally.ts. */
  body: Uint8Array
  /** Of a scope above apps: its devices; else empty. */
  sketch: Uint8Array
}

export interface RollupsDueTable {
  level: 'hour' | 'part' | 'span' | 'day'
  at: Date
  scope: string
}

export interface RollupsKeptTable {
  level: 'minute' | 'hour' | 'day'
  since: Date
}

export interface LostCountsTable {
  at: Date
  requests: number
}

export interface UsageDaysTable {
  day: ColumnType<Date, string, string>
  app_id: string
  key_id: string
  route_class: string
  requests: number
  refused: number
  last_at: Date
}

/** What apps sent; partitioned by `day`, that of the id. */
export interface EventsTable {
  event_id: string
  at: Date
  received_at: Date
  revision: number | null
  /** Read as a Date at midnight of the time zone here: compare it in SQL. */
  day: ColumnType<Date, string, string>
  bucket: number | null
  app_id: string
  name: string
  config_version: string | null
  platform: string | null
  app_version: string | null
  properties: OptionalJson
}

export interface EventLimitsTable {
  app_id: string
  event_names: number
  properties_per_event: number
  values_per_property: number
  events_per_day: number
  updated_at: Stamped
}

export interface EventUsageTable {
  accepted: number
  duplicates: number
  rejected: number
  day: ColumnType<Date, string, string>
  app_id: string
  /** The process that took them. */
  sender: string
}

/** A guard of a rollout; what it looks at stands in the rollout's plan. */
export interface GuardsTable {
  rollout_id: number
  name: string
  state: OptionalJson
  decision: Generated<'go' | 'hold' | 'rollback'>
  reason: Generated<string>
  findings: OptionalJson
  looked_at: Date | null
  next_look_at: Date | null
  told: OptionalJson
  told_at: Date | null
}

export interface GuardEvidenceTable {
  evidence_id: GeneratedAlways<number>
  rollout_id: number
  name: string
  evidence: Json
}

export interface AnalyticsTables {
  shipments: ShipmentsTable
  shipment_senders: ShipmentSendersTable
  rollups_minute: RollupsTable
  rollups_hour: RollupsTable
  rollups_day: RollupsTable
  rollups_due: RollupsDueTable
  rollups_kept: RollupsKeptTable
  lost_counts: LostCountsTable
  usage_days: UsageDaysTable
  events: EventsTable
  event_limits: EventLimitsTable
  event_usage: EventUsageTable
  guards: GuardsTable
  guard_evidence: GuardEvidenceTable
}
