import type { Severity } from '../../../../contract/alert-rule.ts'
import type { AlertRow } from './store/alerts.ts'

/** A release that was made lately, for "what changed?". */
export interface Change {
  revision: number
  appId: string
  channel: string
  configVersion: string
  kind: string
  actor: string
  reason: string | null
  releasedAt: string
  /** How many apps were released together with this one. */
  apps: number
}

export interface MessageAlert {
  /** null: it could not be noted yet, as the database was away. */
  alertId: number | null
  appId: string | null
  subject: string
  state: 'firing' | 'resolved'
  summary: string
  value: number | null
  limit: number
  pendingAt: string
  firedAt: string
  resolvedAt: string | null
  resolvedBecause: AlertRow['resolved_because']
}

/** What channels are told: each in its own form, of the same. Kept as it is until it is sent. */
export interface Message {
  kind: 'firing' | 'resolved' | 'test'
  rule: string
  severity: Severity
  note: string | null
  /** The oldest first. */
  alerts: MessageAlert[]
  /** The newest first; of firing alerts. */
  changes: Change[]
  /** Where to look on. */
  link: string | null
  at: string
}

export const toMessageAlert = (row: AlertRow): MessageAlert => ({
  alertId: row.alert_id,
  appId: row.app_id,
  subject: row.subject,
  state: row.state === 'resolved' ? 'resolved' : 'firing',
  summary: row.summary,
  value: row.value,
  limit: row.limit_value,
  pendingAt: row.pending_at.toISOString(),
  firedAt: (row.fired_at ?? row.pending_at).toISOString(),
  resolvedAt: row.resolved_at?.toISOString() ?? null,
  resolvedBecause: row.resolved_because,
})

/** The address of the alerts of a rule; null where this server does not know its own. */
export const linkTo = (publicUrl: string | undefined, rule: string): string | null =>
  publicUrl === undefined ? null : `${publicUrl.replace(/\/+$/, '')}/manage/v1/alerts?rule=${rule}`
