import type { Generated, GeneratedAlways } from 'kysely'
import type { Json, OptionalJson, Stamped } from './columns.ts'

export interface AlertRulesTable {
  name: string
  definition: Json
  is_enabled: GeneratedAlways<boolean>
  due_at: Stamped
  told_at: Date | null
  evaluated_at: Date | null
  last_error: string | null
  revision: Generated<number>
  created_at: Stamped
  updated_at: Stamped
}

export interface AlertChannelsTable {
  name: string
  kind: 'webhook' | 'slack' | 'email'
  /** `{url}` or `{to}`. */
  receiver: Json
  /** Of a webhook: `[{secret, until}]`, the newest first. */
  secrets: Json
  is_default: boolean
  least_severity: 'info' | 'warning' | 'critical'
  is_enabled: boolean
  note: string | null
  not_before: Stamped
  /** In a row. */
  failures: Generated<number>
  last_error: string | null
  last_error_at: Date | null
  last_sent_at: Date | null
  revision: Generated<number>
  created_at: Stamped
  updated_at: Stamped
}

export interface AlertSilencesTable {
  silence_id: GeneratedAlways<number>
  rule: string | null
  app_id: string | null
  starts_at: Date
  ends_at: Date | null
  weekly: OptionalJson
  reason: string
  actor: string
  created_at: Stamped
  ended_at: Date | null
  ended_by: string | null
}

/** Each time that a rule was broken: open, or history. */
export interface AlertsTable {
  alert_id: GeneratedAlways<number>
  rule: string
  subject: string
  app_id: string | null
  severity: 'info' | 'warning' | 'critical'
  state: 'pending' | 'firing' | 'resolved'
  summary: string
  value: number | null
  limit_value: number
  pending_at: Date
  fired_at: Date | null
  good_since: Date | null
  unknown_since: Date | null
  seen_at: Date
  resolved_at: Date | null
  resolved_because: 'well' | 'noData' | 'ruleChanged' | 'ruleRemoved' | null
  /** What its channels were last told of it. */
  told: 'firing' | 'resolved' | null
  silence_id: number | null
}

export interface AlertDeliveriesTable {
  delivery_id: GeneratedAlways<number>
  message_id: string
  channel: string
  rule: string
  kind: 'firing' | 'resolved'
  /** Numbers. */
  alert_ids: Json
  message: Json
  state: Generated<'waiting' | 'sent' | 'failed'>
  attempts: Generated<number>
  last_error: string | null
  due_at: Stamped
  created_at: Stamped
  ended_at: Date | null
}

export interface AlertNodesTable {
  node_id: string
  number: GeneratedAlways<number>
  seen_at: Stamped
}

export interface AlertTables {
  alert_rules: AlertRulesTable
  alert_channels: AlertChannelsTable
  alert_silences: AlertSilencesTable
  alerts: AlertsTable
  alert_deliveries: AlertDeliveriesTable
  alert_nodes: AlertNodesTable
}
