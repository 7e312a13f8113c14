import type { Change, Message } from '../message.ts'

const listedMost = 10

/** What a message says first. */
export const headline = ({ kind, rule, severity, alerts: [first, ...others] }: Message): string => {
  if (kind === 'test') return `Test: messages about alerts arrive here`
  const more = others.length > 0 ? `, and ${others.length} more` : ''
  if (kind === 'resolved') return `Resolved: ${rule}${first?.subject ? ` (${first.subject}${more})` : ''}`
  return `${severity === 'critical' ? 'CRITICAL' : severity === 'warning' ? 'Warning' : 'Info'}: ${first?.summary ?? rule}${more}`
}

const timeText = (iso: string): string => `${iso.slice(0, 16).replace('T', ' ')} UTC`

const because: Readonly<Record<string, string>> = {
  noData: ', because nothing is known of it any more',
  ruleChanged: ', because the rule was changed',
  ruleRemoved: ', because the rule was removed',
}

const alertLines = ({ alerts }: Message): string[] => {
  const shown = alerts
    .slice(0, listedMost)
    .map(({ summary, state, firedAt, resolvedAt, resolvedBecause, pendingAt }) =>
      state === 'resolved'
        ? `${summary} — from ${timeText(firedAt)} to ${timeText(resolvedAt ?? firedAt)}${because[resolvedBecause ?? ''] ?? ''}`
        : `${summary} — since ${timeText(pendingAt)}`,
    )
  const left = alerts.length - shown.length
  return left > 0 ? [...shown, `… and ${left} more`] : shown
}

const changeText = ({
  appId,
  channel,
  configVersion,
  kind,
  actor,
  reason,
  releasedAt,
  apps,
}: Change): string => {
  const what = apps > 1 ? `${apps} apps, such as ${appId}` : appId
  const why = reason === null ? '' : `: ${reason.replaceAll(/\s+/g, ' ').slice(0, 200)}`
  return `${timeText(releasedAt)} ${what} ${configVersion} on ${channel} (${kind}) by ${actor}${why}`
}

/** The parts of a message, each some lines; those that have nothing to say are left out. */
export interface TextParts {
  headline: string
  alerts: string[]
  changes: string[]
  note: string | null
  /** Rule and severity. */
  about: string
  link: string | null
}

export const textParts = (message: Message): TextParts => ({
  headline: headline(message),
  alerts: alertLines(message),
  changes: message.changes.map(changeText),
  note: message.kind === 'resolved' ? null : message.note,
  about: `Rule ${message.rule}, ${message.severity}`,
  link: message.link,
})

/** A message as plain text. */
export const messageText = (message: Message): string => {
  const { alerts, changes, note, about, link } = textParts(message)
  const sections = [
    alerts.join('\n'),
    note ?? '',
    changes.length > 0 ? `What changed in the last day:\n${changes.join('\n')}` : '',
    [about, ...(link === null ? [] : [link])].join('\n'),
  ]
  return sections.filter((section) => section !== '').join('\n\n')
}
