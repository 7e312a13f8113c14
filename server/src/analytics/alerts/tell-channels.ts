import { randomUUID } from 'node:crypto'
import type { Kysely } from 'kysely'
import { type Severity, severities } from '../../../../contract/alert-rule.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { findSilences } from './find-silence.ts'
import { listChanges } from './list-changes.ts'
import { linkTo, type Message, toMessageAlert } from './message.ts'
import { type AlertRow, listUntold, noteSilenced, noteTold } from './store/alerts.ts'
import { type ChannelRow, listEnabledChannels } from './store/channels.ts'
import { insertDeliveries } from './store/deliveries.ts'
import type { RuleRow } from './store/rules.ts'

/** What follows a message within so long is told together. */
const bundleMs = 60_000

/** Whether a channel is one that a rule is told to. */
export const isToldOf = (
  channel: Pick<ChannelRow, 'name' | 'is_default' | 'is_enabled' | 'least_severity'>,
  { channels, severity }: { channels: readonly string[] | null; severity: Severity },
): boolean =>
  channel.is_enabled &&
  (channels === null ? channel.is_default : channels.includes(channel.name)) &&
  severities.indexOf(severity) >= severities.indexOf(channel.least_severity)

/**
 * Queues, in the transaction of the evaluation, what the channels of a rule are to be told: what fires and is not silenced, and what
 * has ended of what they know of. Whether it queued anything. What cannot be told now (silenced, nobody to tell, or just told) is
 * told by a later evaluation, if it still holds then.
 */
export const tellChannels = async (
  db: Kysely<Tables>,
  rule: RuleRow,
  now: Date,
  publicUrl: string | undefined,
): Promise<boolean> => {
  const untold = await listUntold(db, rule.name)
  if (untold.length === 0) return false
  const firing = await withoutSilenced(
    db,
    untold.filter(({ state }) => state === 'firing'),
    now,
  )
  const resolved = untold.filter(({ state }) => state === 'resolved')
  const isSoon = rule.told_at !== null && now.getTime() - rule.told_at.getTime() < bundleMs
  if (isSoon || firing.length + resolved.length === 0) return false
  const channels = (await listEnabledChannels(db)).filter((channel) => isToldOf(channel, rule.definition))
  if (channels.length === 0) return false
  for (const [kind, alerts] of [
    ['firing', firing],
    ['resolved', resolved],
  ] as const) {
    if (alerts.length === 0) continue
    const message = await messageOf(db, rule, kind, alerts, { now, publicUrl })
    const messageId = `msg_${randomUUID().replaceAll('-', '')}`
    await insertDeliveries(db, { messageId, channels: channels.map(({ name }) => name), message })
    await noteTold(
      db,
      alerts.map(({ alert_id: id }) => id),
      kind,
    )
  }
  return true
}

const withoutSilenced = async (db: Kysely<Tables>, firing: AlertRow[], now: Date): Promise<AlertRow[]> => {
  if (firing.length === 0) return firing
  const findSilence = await findSilences(db, firing, now)
  const loud: AlertRow[] = []
  const silenced = new Map<number, number[]>()
  for (const alert of firing) {
    const silence = findSilence(alert)
    if (!silence) loud.push(alert)
    else if (alert.silence_id !== silence.silence_id)
      silenced.set(silence.silence_id, [...(silenced.get(silence.silence_id) ?? []), alert.alert_id])
  }
  for (const [silenceId, alertIds] of silenced) await noteSilenced(db, alertIds, silenceId)
  return loud
}

const messageOf = async (
  db: Kysely<Tables>,
  { name, definition }: RuleRow,
  kind: 'firing' | 'resolved',
  alerts: readonly AlertRow[],
  { now, publicUrl }: { now: Date; publicUrl: string | undefined },
): Promise<Message> => ({
  kind,
  rule: name,
  severity: definition.severity,
  note: definition.note,
  alerts: alerts.map(toMessageAlert),
  changes:
    kind === 'firing'
      ? await listChanges(
          db,
          alerts.map(({ app_id: appId }) => appId),
        )
      : [],
  link: linkTo(publicUrl, name),
  at: now.toISOString(),
})
